"""Consolidado: what stands on the page of a period, and what while something is away."""

from uuid import UUID

import httpx2
import pytest
import time_machine
from fluxo_dashboard.services.client import ServiceClient, ServiceUnavailableError

pytestmark = pytest.mark.anyio

PAGE = "/consolidated"


@pytest.fixture
def autumn(books) -> None:
    books.add("2025-12-31", credit=100_00, category="Vendas")
    books.add("2026-10-05", credit=400_00, category="Vendas")
    books.add("2026-10-29", credit=50_00, category="Vendas")  # not among the first 28 days
    books.add("2026-11-20", credit=500_00, category="Vendas")
    books.add("2026-11-20", debit=90_00, category="Água & luz")
    books.add("2026-11-21", debit=30_00)


async def test_a_month_opens_takes_in_gives_out_and_closes(reader, autumn):
    page = await reader.read(f"{PAGE}?by=month&on=2026-11-03")
    assert "novembro de 2026 Até agora: de 01/11/2026 a 28/11/2026." in page
    assert "Saldo inicial R$ 550,00 Entrada R$ 500,00 Saída R$ 120,00 Resultado +R$ 380,00" in page
    assert "Saldo final R$ 930,00" in page
    assert "consolidado em 22/11/2026 11:32:10" in page


async def test_the_month_of_today_is_what_is_shown_first(reader, autumn):
    assert await reader.read(PAGE) == await reader.read(f"{PAGE}?by=month&on=2026-11-28")
    assert await reader.read(PAGE) == await reader.read(f"{PAGE}?by=century")


async def test_today_is_the_merchants_day(reader):
    with time_machine.travel("2026-11-28T02:59:59Z", tick=False):
        assert "sexta-feira, 27 de novembro de 2026" in await reader.read(f"{PAGE}?by=day")
    with time_machine.travel("2026-11-28T03:00:00Z", tick=False):
        assert "sábado, 28 de novembro de 2026" in await reader.read(f"{PAGE}?by=day")


async def test_while_it_runs_it_is_compared_with_as_many_days_and_says_so(reader, autumn):
    page = await reader.read(PAGE)
    assert "Com o mesmo número de dias do período anterior: de 01/10/2026 a 28/10/2026." in page
    assert "Entrada +R$ 100,00 (+25,0%) mais que antes: R$ 400,00" in page
    assert "Saída +R$ 120,00 mais que antes: R$ 0,00" in page  # no per cent of nothing
    assert "Resultado -R$ 20,00 (-5,0%) menos que antes: R$ 400,00" in page


async def test_one_that_is_over_is_compared_with_the_whole_one_before(reader, autumn):
    page = await reader.read(f"{PAGE}?by=month&on=2026-10-01")
    assert "Até agora" not in page
    assert "Com o período anterior: setembro de 2026." in page
    assert "Resultado +R$ 450,00 mais que antes: R$ 0,00" in page
    assert "Saída R$ 0,00 como antes: R$ 0,00" in page


async def test_the_first_of_all_is_compared_with_nothing(reader):
    page = await reader.html(f"{PAGE}?by=year&on=1900-05-01")
    assert "Comparação" not in page
    assert 'rel="prev"' not in page
    assert 'href="/consolidated?by=year&amp;on=1901-01-01"' in page


@pytest.mark.parametrize(
    ("query", "portuguese", "english"),
    [
        ("by=day&on=2026-11-20", "sexta-feira, 20 de novembro de 2026", "Friday, November 20, 2026"),
        ("by=week&on=2026-11-28", "semana de 23/11/2026 a 29/11/2026", "week of 2026-11-23 to 2026-11-29"),
        ("by=month&on=2024-02-29", "fevereiro de 2024", "February 2024"),
        ("by=year&on=2025-07-01", "2025", "2025"),
    ],
)
async def test_a_period_is_named_as_people_say_it(reader, query, portuguese, english):
    name = 'class="card-title">{}</h2>'
    assert name.format(portuguese) in await reader.html(f"{PAGE}?{query}")
    assert name.format(english) in await reader.html(f"{PAGE}?{query}", language="en")


async def test_a_day_of_a_month_leads_to_the_day_and_to_its_entries(reader, autumn):
    page = await reader.html(PAGE)
    assert 'href="/consolidated?by=day&amp;on=2026-11-20"' in page
    assert 'href="/entries?from=2026-11-20&amp;to=2026-11-20"' in page
    assert "/entries?from=2026-11-19" not in page  # nothing to see there
    day = await reader.html(f"{PAGE}?by=day&on=2026-11-20")
    assert 'href="/entries?from=2026-11-20&amp;to=2026-11-20"' in day
    assert "<canvas" not in day
    assert 'class="chart"' not in day


async def test_a_year_is_told_by_months_up_to_today(reader, autumn):
    page = await reader.html(f"{PAGE}?by=year")
    assert 'href="/consolidated?by=month&amp;on=2026-10-01"' in page
    assert "by=month&amp;on=2026-12-01" not in page
    assert 'data-in="0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 450.00 500.00"' in page
    assert 'data-out="0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 120.00"' in page


async def test_where_the_money_went_by_category(reader, autumn):
    page = await reader.html(PAGE)
    text = await reader.read(PAGE)
    assert (
        "Para onde foi o dinheiro Água & luz Saída R$ 90,00 75,0% sem categoria Saída R$ 30,00 25,0% "
        "Vendas Entrada R$ 500,00" in text
    )
    assert "/entries?from=2026-11-01&amp;to=2026-11-28&amp;category=%C3%81gua+%26+luz" in page
    assert 'value="75.0"' in page
    assert "Resultado por categoria e mês" not in text


async def test_a_year_tells_it_by_month_too(reader, autumn):
    page = await reader.read(f"{PAGE}?by=year")
    assert "Resultado por categoria e mês Categoria outubro novembro Água & luz – -R$ 90,00" in page
    assert "Vendas R$ 450,00 R$ 500,00" in page


async def test_a_category_is_shown_as_it_was_typed(reader, books):
    books.add("2026-11-20", debit=1_00, category="<img src=x>\"'&")
    page = await reader.html(f"{PAGE}?by=year")
    assert "<img" not in page
    assert "&lt;img src=x&gt;&#34;&#39;&amp;" in page


async def test_a_merchant_without_entries_sees_zeros_that_are_true(reader):
    page = await reader.read(PAGE)
    assert "Saldo final R$ 0,00" in page
    assert "Nenhum lançamento nesses dias." in page
    assert "consolidado em" not in page


async def test_other_currencies_keep_their_decimals(reader, books):
    books.currency = "KWD"
    books.add("2026-11-20", credit=1_234_567)
    assert "Entrada KWD 1.234,567" in await reader.read(PAGE)
    books.currency = "JPY"
    assert "Entrada JP¥ 1.234.567" in await reader.read(PAGE)


async def test_sums_beyond_64_bits_are_exact(reader, books):
    books.add("2026-11-20", credit=2**63 - 1)
    books.add("2026-11-21", credit=2**63 - 1)
    assert "Entrada R$ 184.467.440.737.095.516,14" in await reader.read(f"{PAGE}?by=year")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("31/02/2026", "Esse dia não existe: 31/02/2026."),
        ("1/2/26", "quatro dígitos"),
        ("29/11/2026", "29/11/2026 ainda não chegou: hoje é 28/11/2026."),
        ("31/12/1899", "As datas começam no ano 1900."),
        ("<b>", "quatro dígitos"),
    ],
)
async def test_a_date_that_is_none_is_said_beside_the_field_and_stays(reader, typed, said):
    page = await reader.html(f"{PAGE}?by=week&on={typed}")
    assert said in page
    assert f'value="{typed.replace("<", "&lt;").replace(">", "&gt;")}"' in page
    assert 'aria-invalid="true" aria-describedby="error-on"' in page
    assert "semana de 23/11/2026 a 29/11/2026" in page


async def test_a_date_is_typed_as_the_language_writes_it(reader):
    typed = await reader.client.get(f"{PAGE}?by=month&on=29/2/2024", follow_redirects=False)
    assert typed.headers["location"] == "/consolidated?by=month&on=2024-02-29"  # to be sent to somebody
    assert "fevereiro de 2024" in await reader.read(f"{PAGE}?by=month&on=29/2/2024")
    assert "February 2024" in await reader.read(f"{PAGE}?by=month&on=2024-02-29", language="en")


async def test_balances_and_the_days_before_come_in_one_answer(reader, balances):
    await reader.read(f"{PAGE}?by=week&on=2026-11-20")
    assert sorted(balances.asked) == [
        "GET /v1/category-totals?from=2026-11-16&to=2026-11-22",
        "GET /v1/daily-balances?from=2026-11-09&to=2026-11-22",
    ]


async def test_a_part_is_the_period_alone_and_asks_for_itself_again(reader, autumn):
    part = await reader.html(f"{PAGE}?by=month&on=2026-11-28", is_part=True)
    assert part.lstrip().startswith('<div id="period"')
    assert 'hx-get="/consolidated?by=month&amp;on=2026-11-28"' in part
    assert 'hx-trigger="fluxo:changed from:body"' in part


async def test_while_balances_are_away_the_last_known_ones_stand_grey(reader, books, autumn):
    await reader.read(PAGE)
    books.is_unavailable = True
    page = await reader.html(PAGE)
    assert "estavam assim em 22/11/2026 11:32:10" in page
    assert "930,00" in page
    assert page.count(" unavailable") == 4
    assert 'hx-trigger="fluxo:changed from:body, every 5s"' in page
    books.is_unavailable = False
    assert " unavailable" not in await reader.html(PAGE)


async def test_of_a_period_that_nobody_looked_at_nothing_is_guessed(reader, books, autumn):
    await reader.read(PAGE)
    books.is_unavailable = True
    page = await reader.read(f"{PAGE}?by=week")
    assert "não respondem" in page
    assert "R$" not in page
    assert 'every 5s"' in await reader.html(f"{PAGE}?by=week")


async def test_totals_by_category_that_are_being_prepared_are_no_error(reader, books, autumn):
    books.entries.insert(0, (books.merchant_id, books.entries[-1][1], 0, 5_00))  # from before there were categories
    page = await reader.read(PAGE)
    assert "Os totais por categoria estão sendo preparados." in page
    assert "Saída R$ 125,00" in page
    assert 'every 60s"' in await reader.html(PAGE)


@pytest.mark.parametrize(
    ("path", "query", "kind"),
    [
        ("/v1/category-totals", {"from": "2026-11-01", "to": "2026-11-28"}, "category-totals-not-built"),
        ("/v1/daily-balances/2026-11-28", {"after_entry": str(UUID(int=7))}, "not-yet-consolidated"),
    ],
)
async def test_a_service_that_says_what_is_not_there_yet_is_well(books, balances, autumn, path, query, kind):
    books.entries.insert(0, (books.merchant_id, books.entries[-1][1], 0, 5_00))
    async with ServiceClient("balances", "http://balances", transport=balances) as client:
        for _ in range(20):
            with pytest.raises(ServiceUnavailableError) as raised:
                await client.get(path, books.merchant_id, **query)
            assert raised.value.kind == kind
        assert client.breaker.state == "closed"
        assert len(balances.asked) == 20  # to ask again at once is no use


async def test_whose_merchant_asked_for_too_much_is_shown_what_was_known_last():
    asked = []

    async def refuse(request):
        asked.append(request)
        return httpx2.Response(429, json={"type": "/problems/rate-limited"}, headers={"Retry-After": "3"})

    async with ServiceClient("balances", "http://balances", transport=httpx2.MockTransport(refuse)) as client:
        with pytest.raises(ServiceUnavailableError):
            await client.get("/v1/daily-balances/2026-11-28", "token")
        assert (client.breaker.state, len(asked)) == ("closed", 1)
