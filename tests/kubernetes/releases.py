"""The chart as Helm installs, upgrades, rolls back and uninstalls it under enforced restricted Pod Security."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.harness.waiting import until
from tests.kubernetes.release import KINDS, PROCESSES, Release
from tests.kubernetes.stand_in_node import StandInNode

KEDA = {"balancesProjector": {"keda": {"enabled": True, "address": "streams:6379"}}}
CLUSTERS = {"cloudnativepg": {"enabled": True}}
MONITORED = {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}


@pytest.fixture(scope="module", autouse=True)
def node(cluster) -> Iterator[None]:
    node = StandInNode(cluster)
    yield
    node.close()


@pytest.fixture(scope="module")
def release(cluster) -> Release:
    return Release(cluster, "ordinary")


def runs(release: Release, **fewer: int) -> None:
    """Every process has the pods that it is to have, two or `fewer`: so the admission of pods refused none."""
    assert release.of("deployments").keys() == PROCESSES
    expected = dict.fromkeys(PROCESSES, 2) | {name.replace("_", "-"): number for name, number in fewer.items()}
    # An autoscaler brings the second one a moment after Helm has seen the first.
    until(lambda: release.available() == expected, what=f"{expected}")
    for name, each in release.of("jobs").items():
        assert each["status"]["succeeded"] == 1, name


@contextmanager
def migrated(release: Release) -> Iterator[None]:
    """What is done in here makes both migrations anew, and no other pod before they have ended."""
    before, pods = {each["metadata"]["uid"] for each in release.of("jobs").values()}, release.pods().keys()
    yield
    jobs = release.of("jobs")
    assert jobs.keys() == {"entries-migrate", "balances-migrate"}
    assert before.isdisjoint(each["metadata"]["uid"] for each in jobs.values())
    ended = max(each["status"]["completionTime"] for each in jobs.values())
    made = [each for name, each in release.pods().items() if name not in pods and name not in migrations(release)]
    assert all(each["metadata"]["creationTimestamp"] >= ended for each in made)


def test_it_is_installed_after_its_migrations(release):
    with migrated(release):
        release.helm("install")
    runs(release)
    assert release.of("horizontalpodautoscalers").keys() == {"entries-api", "balances-api", "dashboard"}
    assert release.of("poddisruptionbudgets").keys() == PROCESSES
    assert release.of("networkpolicies").keys() == {*PROCESSES, "entries-migrate", "balances-migrate"}
    assert not release.of("scaledobjects")


def test_an_upgrade_migrates_first_and_hands_the_projector_to_keda(release):
    before = release.pods()
    with migrated(release):
        release.helm("upgrade", podLabels={"team": "ledger"}, **KEDA, **MONITORED)
    runs(release, balances_projector=1)  # as KEDA's operator does not run, nobody asks for more
    assert release.revision() == (2, "deployed")
    assert release.of("scaledobjects").keys() == {"balances-projector"}
    assert release.of("triggerauthentications").keys() == {"streams"}
    assert len(release.of("servicemonitors")) == len(release.of("prometheusrules")) == 1
    until(lambda: before.keys().isdisjoint(release.pods().keys() - migrations(release)), what="new pods alone")


def migrations(release: Release) -> set[str]:
    """The names of their pods."""
    return {name for name, each in release.pods().items() if each["spec"]["restartPolicy"] == "Never"}


def test_a_misspelled_value_is_refused_and_changes_nothing(release):
    with pytest.raises(AssertionError, match="additional properties 'replica' not allowed"):
        release.helm("upgrade", entriesRelay={"replica": 3})
    assert release.revision() == (2, "deployed")


def test_a_release_with_other_databases_is_not_given_empty_clusters(release):
    with pytest.raises(AssertionError, match="this release works on other databases and would find empty ones"):
        release.helm("upgrade", **CLUSTERS)
    assert release.revision() == (2, "deployed")
    assert not release.of("clusters")


def test_a_rollback_takes_the_projector_back_from_keda_and_migrates_nothing(release):
    migrated_by_the_upgrade = release.of("jobs")
    release.helm("rollback", "1", "--wait", "--timeout", "5m")
    assert release.of("jobs") == migrated_by_the_upgrade
    assert release.revision() == (3, "deployed")
    assert not release.of("scaledobjects")
    assert not release.of("prometheusrules")
    runs(release)


def test_it_leaves_only_the_log_of_its_migrations(release):
    release.helm("uninstall", "--wait")
    assert {kind: set(release.of(kind)) for kind in KINDS if release.of(kind)} == {
        "jobs": {"entries-migrate", "balances-migrate"}
    }


@pytest.fixture(scope="module")
def clustered(cluster) -> Release:
    return Release(cluster, "clustered")


def test_with_clusters_of_its_own_it_migrates_after_they_are_asked_for(clustered):
    clustered.helm("install", **CLUSTERS)
    runs(clustered)
    clusters = clustered.of("clusters")
    assert clusters.keys() == {"entries-db", "balances-db"}
    asked_for = max(each["metadata"]["creationTimestamp"] for each in clusters.values())
    assert all(each["metadata"]["creationTimestamp"] >= asked_for for each in clustered.of("jobs").values())


def test_once_there_are_clusters_an_upgrade_migrates_first(clustered):
    with migrated(clustered):
        clustered.helm("upgrade", **CLUSTERS)
    assert clustered.revision() == (2, "deployed")


def test_clusters_outlive_the_release_and_the_next_one_has_them(clustered):
    before = {each["metadata"]["uid"] for each in clustered.of("clusters").values()}
    clustered.helm("uninstall", "--wait")
    assert {each["metadata"]["uid"] for each in clustered.of("clusters").values()} == before
    clustered.helm("install", **CLUSTERS)
    assert {each["metadata"]["uid"] for each in clustered.of("clusters").values()} == before
