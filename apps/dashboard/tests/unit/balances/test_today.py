"""Hoje: the merchant's day, and what is shown of it while something is away."""

from datetime import datetime

import pytest
import time_machine

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("instant", "heading", "last_day"),
    [
        ("2026-11-28T02:59:59Z", "sexta-feira, 27 de novembro de 2026", "2026-11-27"),
        ("2026-11-28T03:00:00Z", "sábado, 28 de novembro de 2026", "2026-11-28"),
    ],
)
async def test_today_is_the_merchants_day_and_not_the_machines(reader, balances, instant, heading, last_day):
    with time_machine.travel(datetime.fromisoformat(instant), tick=False):
        assert heading in await reader.read("/")
    [asked] = [each for each in balances.asked if each.startswith("GET /v1/daily-balances?")]
    assert asked.endswith(f"&to={last_day}")


async def test_the_day_stands_beside_the_day_before(reader, books):
    books.add("2026-11-27", credit=10_000)
    books.add("2026-11-28", credit=5_000, debit=2_000)
    text = await reader.read("/")
    for figures in (
        "Saldo final R$ 130,00",
        "Saldo inicial R$ 100,00",
        "Entrada R$ 50,00",
        "Saída R$ 20,00",
        "+R$ 30,00 em relação ao dia anterior",
    ):
        assert figures in text


async def test_a_loss_has_its_sign_once(reader, books):
    books.add("2026-11-28", debit=2_000)
    assert "-R$ 20,00 em relação ao dia anterior" in await reader.read("/")


async def test_what_was_known_stays_while_the_balances_are_away(reader, books, balances):
    books.add("2026-11-28", credit=12_345)
    await reader.read("/")
    balances.is_away = True
    part = await reader.html("/today/balance", is_part=True)
    assert 'class="unavailable"' in part
    assert "estavam assim em" in part
    assert "123,45" in part


async def test_what_was_never_known_is_no_zero(reader, balances):
    balances.is_away = True
    text = await reader.read("/")
    assert "Os saldos não respondem" in text
    assert "0,00" not in text


async def test_while_the_entries_are_away_the_balance_stands(reader, books):
    books.add("2026-11-28", credit=12_345)
    text = await reader.read("/")
    assert "Os lançamentos não respondem no momento" in text
    assert "Saldo final R$ 123,45" in text
