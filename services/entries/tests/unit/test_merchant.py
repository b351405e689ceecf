from datetime import UTC, date, datetime

import pytest
from fluxo_entries.domain.merchant import Merchant, known_currency, known_time_zone


def today(time_zone: str, instant: str) -> date:
    return Merchant("m", "m", time_zone=time_zone).today(datetime.fromisoformat(instant).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("time_zone", "instant", "day"),
    [
        # UTC-3: the day ends at three in the morning UTC.
        ("America/Sao_Paulo", "2026-11-23T02:59:59.999999", "2026-11-22"),
        ("America/Sao_Paulo", "2026-11-23T03:00:00", "2026-11-23"),
        # 4 November 2018 had no midnight: 23:59:59 was followed by 01:00:00.
        ("America/Sao_Paulo", "2018-11-04T02:59:59", "2018-11-03"),
        ("America/Sao_Paulo", "2018-11-04T03:00:00", "2018-11-04"),
        # 18 February 2018 came an hour late: 23:59:59 of the 17th was followed by 23:00:00.
        ("America/Sao_Paulo", "2018-02-18T02:30:00", "2018-02-17"),
        ("America/Sao_Paulo", "2018-02-18T03:00:00", "2018-02-18"),
        # Lisbon is at UTC in winter, an hour ahead in summer.
        ("Europe/Lisbon", "2026-03-28T23:59:59", "2026-03-28"),
        ("Europe/Lisbon", "2026-03-29T22:59:59", "2026-03-29"),
        ("Europe/Lisbon", "2026-03-29T23:00:00", "2026-03-30"),
        ("Europe/Lisbon", "2026-10-24T23:00:00", "2026-10-25"),
        ("Europe/Lisbon", "2026-10-25T23:59:59", "2026-10-25"),
        # The first and the last midnights of the world.
        ("Pacific/Kiritimati", "2026-11-22T10:00:00", "2026-11-23"),
        ("Pacific/Pago_Pago", "2026-11-22T10:59:59", "2026-11-21"),
        # Brazil has more than one zone.
        ("America/Noronha", "2026-11-23T02:00:00", "2026-11-23"),
        ("America/Manaus", "2026-11-23T03:59:59", "2026-11-22"),
        # Kathmandu is at +05:45.
        ("Asia/Kathmandu", "2026-11-22T18:14:59", "2026-11-22"),
        ("Asia/Kathmandu", "2026-11-22T18:15:00", "2026-11-23"),
    ],
)
def test_today_is_the_day_on_the_merchants_wall(time_zone, instant, day):
    assert today(time_zone, instant) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "name", ["", "America/Sao_paulo", "Mars/Olympus", "../etc/passwd", "localtime", "Factory", "-03:00"]
)
def test_a_time_zone_must_be_in_the_database(name):
    with pytest.raises(ValueError, match="IANA"):
        known_time_zone(name)


def test_known_time_zones_and_currencies_pass():
    assert known_time_zone("America/Noronha") == "America/Noronha"
    assert all(known_currency(code) == code for code in ("BRL", "CLP", "PYG", "JPY", "KWD", "BHD", "CLF"))


@pytest.mark.parametrize("code", ["", "brl", "XXX", "XAU", "BRLL"])
def test_a_currency_must_be_one_that_has_a_minor_unit(code):
    with pytest.raises(ValueError, match="ISO 4217"):
        known_currency(code)
