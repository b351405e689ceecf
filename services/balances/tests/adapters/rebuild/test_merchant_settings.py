"""Balances show the currency that a merchant set, until entries tell it, whatever order events come in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.domain.daily_balance import DateRange
from fluxo_balances.domain.merchant_settings import MerchantSettings

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
EUR = MerchantSettings("m1", "EUR", NOON)
JPY = MerchantSettings("m1", "JPY", NOON + timedelta(microseconds=1))


@pytest.fixture
def projection(pool):
    return PostgresProjection(pool)


@pytest.fixture
def currency(pool):
    async def shown(merchant_id="m1"):
        balances = PostgresDailyBalances(pool)
        day = await balances.day(merchant_id, DAY)
        days = await balances.range(merchant_id, DateRange(DAY, DAY))
        assert day.merchant_state == days.merchant_state
        return day.merchant_state.currency

    return shown


async def test_the_latest_holds_in_whatever_order_and_however_often_they_come(projection, currency):
    assert await currency() == "BRL"
    assert await projection.apply_settings([EUR, replace(EUR, merchant_id="m2")]) == 2
    assert await currency() == "EUR"
    assert await projection.apply_settings([JPY, EUR]) == 1
    assert await projection.apply_settings([EUR]) == await projection.apply_settings([JPY]) == 0
    assert (await currency(), await currency("m2"), await currency("m3")) == ("JPY", "EUR", "BRL")


async def test_entries_are_applied_in_their_currency_before_and_after_settings_that_come_late(
    projection, currency, recorded
):
    await projection.apply_settings([EUR])
    entry = recorded("m1", DAY, credit=1500)._replace(currency="JPY")
    assert await projection.apply([entry]) == 1
    assert await currency() == "JPY"
    await projection.apply_settings([replace(EUR, changed_at=JPY.changed_at)])
    assert await currency() == "JPY"


async def test_a_rebuild_takes_settings_from_the_replay_and_from_what_comes_meanwhile(
    pool, projection, currency, rebuilding, replay_of
):
    await projection.apply_settings([EUR, MerchantSettings("phantom", "USD", NOON)])
    early, late = replace(EUR, merchant_id="early"), replace(JPY, merchant_id="late")

    async def comes_meanwhile():
        await projection.apply_settings([late, replace(early, currency="USD", changed_at=NOON - timedelta(1))])

    replay = replay_of([[]], merchants=[EUR, early, replace(late, currency="USD", changed_at=NOON)])
    replay.before = comes_meanwhile
    await rebuilding(replay)
    shown = [await currency(merchant_id) for merchant_id in ("m1", "early", "late", "phantom")]
    assert shown == ["EUR", "EUR", "JPY", "BRL"]
    assert await projection.apply_settings([JPY]) == 1
