import pytest
from fluxo_balances.adapters.redis import near_answers
from fluxo_balances.adapters.redis.near_answers import (
    BYTES_MAX,
    LIFETIME_S,
    OVERHEAD_BYTES,
    REFRESH_AFTER_S,
    SHARE_BYTES_MAX,
    NearAnswers,
)

KEY = "2026-11-22"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def near(clock) -> NearAnswers:
    near = NearAnswers(bytes, lambda *_: None, clock)
    near.open()
    return near


def keep(near: NearAnswers, merchant_id: str, body: bytes = b"answer", key: str = KEY) -> None:
    near.keep(merchant_id, near.stamp(merchant_id), key, body)


def test_an_answer_goes_a_second_after_it_was_asked_for(near, clock):
    keep(near, "m1")
    clock.now += LIFETIME_S - 0.001
    assert near.find("m1", KEY).body == b"answer"
    clock.now += 0.001
    assert near.find("m1", KEY) is None


def test_all_of_a_merchants_answers_go_together_and_nobody_elses(near):
    keep(near, "m1")
    keep(near, "m1", key="2026-11-23")
    keep(near, "m2")
    near.drop("m1")
    assert (near.find("m1", KEY), near.find("m1", "2026-11-23")) == (None, None)
    assert near.find("m2", KEY) is not None


def test_a_reply_is_not_kept_when_a_change_was_heard_of_since_it_was_asked_for(near):
    stamp = near.stamp("m1")
    near.drop("m1")
    near.keep("m1", stamp, KEY, b"old")
    keep(near, "m1", b"new", key="another")
    near.keep("m1", stamp, KEY, b"old")
    assert near.find("m1", KEY) is None


def test_before_it_is_open_and_after_it_is_closed_nothing_is_kept(clock):
    near = NearAnswers(bytes, lambda *_: None, clock)
    keep(near, "m1")
    assert near.find("m1", KEY) is None
    near.open()
    stamp = near.stamp("m1")
    near.close()
    near.keep("m1", stamp, KEY, b"old")
    near.open()
    near.keep("m1", stamp, KEY, b"old")
    assert near.find("m1", KEY) is None
    assert near.size == 0


def test_the_oldest_make_room(near):
    body = b"x" * (SHARE_BYTES_MAX - 3 * OVERHEAD_BYTES)
    for number in range(40):
        keep(near, f"m{number}", body)
        assert near.size <= BYTES_MAX
    assert near.find("m0", KEY) is None
    assert near.find("m39", KEY).body == body
    assert near.count() == 16


def test_small_answers_are_bounded_in_number(near):
    for number in range(50_000):
        keep(near, f"m{number}", b"")
    assert near.count() <= BYTES_MAX // OVERHEAD_BYTES
    assert near.size <= BYTES_MAX


def test_one_merchant_gets_its_share_and_no_more(near):
    keep(near, "m1")
    for number in range(100):
        keep(near, "m2", b"x" * 100_000, key=str(number))
    assert near.find("m1", KEY) is not None
    assert near.size <= SHARE_BYTES_MAX + 10_000


def test_the_second_counts_from_the_asking_and_not_from_the_reply(near, clock):
    stamp = near.stamp("m1")
    clock.now += LIFETIME_S
    near.keep("m1", stamp, KEY, b"answer")
    assert near.find("m1", KEY) is None


def test_one_that_is_still_wanted_is_asked_for_again_once_before_it_goes(clock):
    asked = []
    near = NearAnswers(bytes, lambda merchant_id, key: asked.append((merchant_id, key)), clock)
    near.open()
    keep(near, "m1")
    kept = near.find("m1", KEY)
    assert asked == []
    clock.now += REFRESH_AFTER_S
    assert near.find("m1", KEY) is near.find("m1", KEY) is kept
    assert asked == [("m1", KEY)]
    keep(near, "m1")
    clock.now += LIFETIME_S - 0.001
    assert near.find("m1", KEY) is kept
    assert len(asked) == 2


def test_a_refreshed_answer_that_differs_takes_all_away(near):
    keep(near, "m1", b"old")
    keep(near, "m1", b"old too", key="another")
    keep(near, "m1", b"new")
    assert (near.find("m1", KEY), near.find("m1", "another")) == (None, None)


def test_an_answer_that_finds_no_room_even_alone_is_not_kept(near, monkeypatch):
    monkeypatch.setattr(near_answers, "BYTES_MAX", OVERHEAD_BYTES)
    keep(near, "m1")
    assert near.count() == 0


def test_its_size_is_that_of_what_it_holds_whatever_happened(near, clock):
    for number in range(500):
        merchant_id = f"m{number % 7}"
        stamp = near.stamp(merchant_id)
        if number % 5 == 0:
            near.drop(merchant_id)
        near.keep(merchant_id, stamp, str(number), b"x" * number)
        clock.now += 0.01
    for number in range(7):
        near.drop(f"m{number}")
    assert (near.size, near.count()) == (0, 0)
