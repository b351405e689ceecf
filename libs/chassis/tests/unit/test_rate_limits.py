import pytest
from fluxo_chassis.resilience import rate_limits
from fluxo_chassis.resilience.rate_limits import RateLimits


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limits(clock):
    return RateLimits(8, clock)


def admitted(limits, tenant, price=1.0, tries=1_000):
    return sum(limits.admits(tenant, price) for _ in range(tries))


def test_who_asked_for_nothing_may_take_ten_seconds_worth_at_once_and_then_the_rate(limits, clock):
    assert admitted(limits, "a") == 80
    clock.now += 2
    assert admitted(limits, "a") == 16
    clock.now += 60
    assert admitted(limits, "a") == 80


def test_a_steady_rate_is_never_refused_and_twice_the_rate_every_second_time(limits, clock):
    def at(rate_per_s, seconds):
        came = []
        for _ in range(rate_per_s * seconds):
            clock.now += 1 / rate_per_s
            came.append(limits.admits("a", 1))
        return came

    assert all(at(8, 120))
    assert sum(at(16, 120)) == pytest.approx(8 * 120 + 80, abs=80)


def test_after_a_pause_no_more_than_two_buckets_are_taken_at_once(limits, clock):
    limits.admits("a", 1)
    clock.now += 3_600
    assert 80 <= admitted(limits, "a") <= 160


def test_nobody_pays_for_another(limits):
    assert admitted(limits, "a") == 80
    assert admitted(limits, "b", price=10) == 8


def test_what_costs_more_than_a_whole_bucket_takes_a_whole_one(limits, clock):
    assert limits.admits("a", 1_000)
    assert not limits.admits("a", 1)
    clock.now += 10
    assert limits.admits("a", 1_000)


def test_a_refusal_says_when_to_come_again_and_what_the_policy_is(limits, clock):
    admitted(limits, "a")
    assert limits.refuse("a", 25) == {
        "Retry-After": "4",
        "RateLimit": '"tenant";r=0;t=4',
        "RateLimit-Policy": '"tenant";q=80;w=10',
    }
    clock.now += 4
    assert limits.admits("a", 25)


def test_who_come_again_when_they_were_told_to_are_admitted_one_after_the_other(limits, clock):
    admitted(limits, "a")
    told = sorted((clock.now + int(limits.refuse("a", 16)["Retry-After"]), number) for number in range(10))
    assert [when - clock.now for when, _ in told] == [2 * (number + 1) for number in range(10)]
    for when, _ in told:
        clock.now = when
        assert limits.admits("a", 16)


def test_very_many_are_told_to_come_within_half_a_minute(limits, clock):
    admitted(limits, "a")
    told = [int(limits.refuse("a", 16)["Retry-After"]) for _ in range(1_000)]
    assert set(told) == set(range(2, rate_limits.SPREAD_S + 1, 2))
    assert max(told.count(each) for each in told) <= 1_000 // len(set(told)) + 1
    clock.now += 3_600
    admitted(limits, "a")
    assert limits.refuse("a", 1)["Retry-After"] == "1"


def test_many_small_requests_that_were_refused_may_come_together(limits):
    plenty = RateLimits(10_000, Clock())
    admitted(plenty, "a", tries=100_000)
    assert {plenty.refuse("a", 10)["Retry-After"] for _ in range(900)} == {"1"}


def test_memory_is_bounded_and_whoever_has_taken_much_is_remembered_longest(limits, clock, monkeypatch):
    monkeypatch.setattr(rate_limits, "TENANTS_MAX", 100)
    admitted(limits, "greedy")
    for number in range(90):
        limits.admits(f"before-{number}", 1)
    clock.now += 1
    for number in range(50):
        limits.admits(f"after-{number}", 1)
    assert admitted(limits, "greedy") == 8
    for number in range(1_000):
        limits.admits(f"many-{number}", 1)
        limits.refuse(f"many-{number}", 1)
    assert len(limits._left) == len(limits._filled_at) <= 100
    assert len(limits._told_until) <= 100
