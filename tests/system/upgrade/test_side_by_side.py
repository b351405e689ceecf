"""The release before and this one, on one schema and one stream, while merchants go on."""

import os
from decimal import Decimal


def each_has_a_share(fleet, processes, metric):
    """Wait until each of these processes has done a part of the work since now."""
    before = [process.metric(metric) for process in processes]
    fleet.until(lambda: all(p.metric(metric) > n for p, n in zip(processes, before, strict=True)))


def test_a_release_is_rolled_out_beside_the_one_before_without_a_lost_or_a_doubled_entry(
    fleet, previous_release, this_release
):
    assert all(file.is_relative_to(previous_release.directory) for file in previous_release.module_files())
    assert not any(file.is_relative_to(previous_release.directory) for file in this_release.module_files())
    fleet.migrate(previous_release)
    old_schema = fleet.revisions()
    old_entries, old_balances, old_relay, old_projector = fleet.start(previous_release, instance=1)

    traffic, wholesaler = fleet.traffic(), fleet.wholesaler()
    with traffic.going_on():
        fleet.migrate(this_release)
        new_schema = fleet.revisions()
        traffic.until_each_has_answered_more()
        wholesaler.record(old_entries)
        each_has_a_share(fleet, [old_relay], "fluxo_outbox_published_rows_total")

        # Events that the new code writes, read by the old.
        new_entries, new_relay = fleet.start(this_release, "entries-api", "entries-relay", instance=2)
        extra = [fleet.consolidates(new_entries, old_balances)]
        new_projector, new_balances = fleet.start(this_release, "balances-projector", "balances-api", instance=2)
        traffic.until_each_has_answered_more()
        # Of several relays one publishes: the one that was there first.
        each_has_a_share(fleet, [old_relay], "fluxo_outbox_published_rows_total")
        each_has_a_share(fleet, [old_projector, new_projector], "fluxo_projected_events_total")
        wholesaler.record_while_the_relay_goes_on(old_entries)
        wholesaler.record_while_the_relay_goes_on(new_entries)

        # And the other way round.
        fleet.stop(old_projector)
        extra.append(fleet.consolidates(old_entries, new_balances))
        wholesaler.record(new_entries)
        fleet.stop(old_relay)
        each_has_a_share(fleet, [new_relay], "fluxo_outbox_published_rows_total")
        wholesaler.record_while_the_relay_goes_on(old_entries)
        wholesaler.record_while_the_relay_goes_on(new_entries)
        extra.append(fleet.consolidates(old_entries, old_balances))
        fleet.stop(old_balances)
        fleet.stop(old_entries)
        wholesaler.record(new_entries)
        traffic.until_each_has_answered_more()

    traffic.recorded += extra
    assert len({entry["id"] for entry in traffic.recorded}) == len(traffic.recorded)
    fleet.until(lambda: fleet.day(new_balances) == traffic.total())
    fleet.until(lambda: wholesaler.is_consolidated(new_balances))
    compared = fleet.compare(this_release)
    assert (compared.wrong, compared.days) == ({}, 2)
    assert (fleet.dead_letters(), fleet.waiting_bulks(), fleet.refused_transactions()) == (0, 0, 0)

    # What a release without categories applied is in none: that is never shown, and a rebuild makes up for it.
    shown = fleet.categories(new_balances)
    assert (shown.status_code == 200) == (compared.wrong_categories == {})
    if compared.wrong_categories:
        assert (shown.status_code, shown.json()["type"]) == (503, "/problems/category-totals-not-built")
        fleet.rebuild(this_release)
        shown = fleet.categories(new_balances)
    assert fleet.compare(this_release).agrees
    assert (shown.json()["entry_count"], Decimal(shown.json()["net"])) == traffic.total()
    if "FLUXO_TEST_PREVIOUS_RELEASE" not in os.environ:
        assert new_schema > old_schema


def test_going_back_to_the_release_before_loses_nothing(fleet, previous_release, this_release):
    fleet.migrate(this_release)
    new = new_entries, _, new_relay, _ = fleet.start(this_release, instance=1)

    traffic, wholesaler = fleet.traffic(), fleet.wholesaler()
    with traffic.going_on():
        wholesaler.record(new_entries)
        fleet.stop(new_relay)
        old_entries, old_balances, old_relay, _ = fleet.start(previous_release, instance=2)
        wholesaler.record(new_entries)
        wholesaler.record(old_entries)
        each_has_a_share(fleet, [old_relay], "fluxo_outbox_published_rows_total")
        for process in new:
            if process is not new_relay:
                fleet.stop(process)
        fleet.let_bulks_have_waited()
        traffic.until_each_has_answered_more()

    fleet.until(lambda: fleet.day(old_balances) == traffic.total())
    fleet.until(lambda: wholesaler.is_consolidated(old_balances))
    compared = fleet.compare(this_release)
    assert (compared.wrong, compared.days) == ({}, 2)
    assert (fleet.dead_letters(), fleet.waiting_bulks(), fleet.refused_transactions()) == (0, 0, 0)
