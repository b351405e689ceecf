"""Pages of a merchant follow its changes."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

DAY = date(2026, 3, 10)


@contextmanager
def page(merchant) -> Iterator[Iterator[str | None]]:
    """What a page of the merchant is told: the `as_of` of each change. It may be asked for the next one."""
    url = f"{merchant.system.balances_url}/v1/daily-balances/changes"
    with merchant.http.stream("GET", url) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        data = (line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: "))
        yield (json.loads(each)["as_of"] for each in data)


def test_two_pages_of_a_merchant_see_an_entry_within_a_second_and_another_merchants_sees_nothing(system, merchant):
    stranger = system.merchant()
    with ExitStack() as opened:
        pages = [opened.enter_context(page(each)) for each in (merchant, merchant, stranger)]
        assert [next(each) for each in pages] == [None, None, None]
        took_s = []
        for number in range(1, 4):
            entry = merchant.record("credit", "1.00", DAY)
            began = time.monotonic()
            assert [next(each) for each in pages[:2]] == [entry["recorded_at"]] * 2
            took_s.append(time.monotonic() - began)
            assert merchant.day(DAY)["entry_count"] == number
        assert min(took_s) < 1, "a busy machine may be late, but not each time"

        own = stranger.record("credit", "1.00", DAY)
        assert next(pages[2]) == own["recorded_at"]
