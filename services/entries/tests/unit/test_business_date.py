from datetime import date

import pytest
from fluxo_entries.domain.business_date import parse_business_date
from hypothesis import given
from hypothesis import strategies as st


@given(st.dates(min_value=date(1900, 1, 1)))
def test_every_day_since_1900_reads_back(day):
    assert parse_business_date(day.isoformat()) == day


@pytest.mark.parametrize("text", ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2100-02-29"])
def test_a_day_that_no_calendar_has_is_refused(text):
    with pytest.raises(ValueError, match="no such day"):
        parse_business_date(text)


@pytest.mark.parametrize(
    "text",
    ["", "20261122", "2026-W47-7", "22/11/2026", "2026-1-2", "2026-11-22T00:00:00", "2026-11-22 ", "2026-11-22\n",
     "-2026-11-22", "\u0662\u0660\u0662\u0666-11-22", "1763769600"],
)  # fmt: skip
def test_another_notation_is_refused(text):
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        parse_business_date(text)


def test_dates_start_with_1900():
    assert parse_business_date("1900-01-01") == date(1900, 1, 1)
    for text in ("1899-12-31", "0001-01-01"):
        with pytest.raises(ValueError, match="1900"):
            parse_business_date(text)
