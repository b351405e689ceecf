"""A host falls silent under load and comes back: requests go on, and all that was acknowledged counts once."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from load import GOES_ON, Request, until

from tests.harness.slowness import slowness

ANSWERS_WITHIN_S = 8.0
"""The balancer gives an instance 5 s to answer, and then another one its turn."""
SLOW_S, SLOW_SHARE = 0.9, 0.15
"""Each of the balancer's workers tries the silent host once a second with one request of each service: for a second to
connect, or for those 5 s over a connection that it still has."""
STANDS_IN_WITHIN_S = 5.0
SESSIONS_END_WITHIN_S = 20.0
FOUND_AGAIN_WITHIN_S = 15.0
VISIBLE_WITHIN_S = 10.0
AWAY_S = 4.0
REFUSED_WITHIN_S = 3.0
"""Services answer within 1.5 s; the rest is the machine's."""


def tell(what: str) -> None:
    print(what)  # noqa: T201 - docs/operating/scale.md shows what was seen


def tell_of(what: str, requests: Sequence[Request]) -> None:
    failed = Counter(f"{each.kind} {each.status} {each.title}" for each in requests if not each.succeeded)
    longest_s = max(each.seconds for each in requests)
    tell(
        f"{what}: {len(requests)} requests, {failed.total()} failed {dict(failed)}, "
        f"{len(slow(requests))} took longer than {SLOW_S} s, the longest {longest_s:.2f} s"
    )


def slow(requests: Sequence[Request]) -> list[Request]:
    return [each for each in requests if each.seconds > SLOW_S]


def test_a_host_with_the_publishing_relay_is_cut_off_and_healed(hosts):
    async def story():
        async with hosts.load("padaria") as load:
            await load.go_on()
            away = await hosts.has_turn()
            other = hosts.second if away is hosts.first else hosts.first
            began, cut = time.time(), time.monotonic()
            away.cut()

            published = hosts.published_by(other)
            await until(lambda: hosts.published_by(other) > published, STANDS_IN_WITHIN_S * slowness())
            assert await hosts.has_turn() is away
            tell(f"the other relay published without the turn {time.monotonic() - cut:.2f} s after the cut")

            while await hosts.has_turn() is not other or await hosts.sessions_of(away, time.time() - began):
                assert time.monotonic() < cut + SESSIONS_END_WITHIN_S * slowness(), (
                    "the vanished host's sessions are still there"
                )
                await asyncio.sleep(0.2)
            tell(f"its sessions had ended and the other relay had the turn after {time.monotonic() - cut:.2f} s")

            await asyncio.sleep(max(0, cut + ANSWERS_WITHIN_S + 3 - time.monotonic()))
            healed = time.monotonic()
            away.heal()
            served = hosts.requests_served_by(away)
            await until(lambda: hosts.requests_served_by(away) > served + 20, FOUND_AGAIN_WITHIN_S * slowness())
            tell(f"it served again {time.monotonic() - healed:.2f} s after it was healed")
            await load.go_on()
            entry, acknowledged = await load.record(), time.monotonic()
            while not await load.read(after_entry=entry):
                assert time.monotonic() < acknowledged + VISIBLE_WITHIN_S * slowness()
        return load, cut, healed

    with hosts.client.inside():
        load, cut, healed = asyncio.run(story())
        hosts.assert_counted_once("padaria", load.acknowledged)

    knew = cut + ANSWERS_WITHIN_S
    first = load.begun_between(cut - 1, knew)
    # What is answered later may be answered by the host that comes back, before it has its database again.
    later = [each for each in load.begun_between(knew, healed) if each.began + each.seconds < healed]
    tell_of("when it was cut off", first)
    tell_of("while it was unavailable", later)
    tell_of("when and after it was healed", [each for each in load.requests if each.began + each.seconds >= healed])
    tell(f"{len(load.acknowledged)} entries acknowledged, each in its day once")
    limit_s = ANSWERS_WITHIN_S * slowness()
    assert [each for each in load.requests if each.seconds > limit_s] == []
    assert [each for each in later if not each.succeeded] == []
    assert len(slow(later)) <= SLOW_SHARE * len(later)


def test_the_servers_host_is_cut_off_and_healed(hosts):
    async def story():
        async with hosts.load("quitanda") as load:
            await load.go_on()
            cut = time.monotonic()
            hosts.servers.cut()
            await asyncio.sleep(AWAY_S)
            healed = time.monotonic()
            hosts.servers.heal()
            await load.go_on()
            tell(f"{time.monotonic() - healed:.2f} s after it was healed {GOES_ON} requests had succeeded")
        return load, cut, healed

    with hosts.client.inside():
        load, cut, healed = asyncio.run(story())
        hosts.assert_counted_once("quitanda", load.acknowledged)

    while_away = load.begun_between(cut, healed)
    tell_of("while it was unavailable", while_away)
    tell(f"{len(load.acknowledged)} entries acknowledged, each in its day once")
    writes = [each for each in while_away if each.kind == "write"]
    answered_there = {each.status for each in writes if each.began + each.seconds < healed}
    assert answered_there == {503}
    assert {each.status for each in while_away} <= {200, 201, 503}
    limit_s = REFUSED_WITHIN_S * slowness()
    assert [each for each in while_away if each.seconds > limit_s] == []
