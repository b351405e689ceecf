# ruff: noqa: RUF001 - letters that look like others are the point
from datetime import date, timedelta

import pytest
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.application.recording.ports import EntryFilter, Position
from fluxo_entries.domain.direction import Direction

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 10)


async def pages(entries, wanted=EntryFilter(), limit=3, between=None):  # noqa: B008 - immutable
    found, after = [], None
    while page := await entries.page("padaria", wanted, after, limit):
        found += page
        after = Position(page[-1].entry.business_date, page[-1].entry.id)
        if between:
            await between()
    return [each.entry for each in found]


async def test_an_entry_is_found_by_its_merchant_only(journal, entries, recording):
    given = recording()
    await journal.append(given)
    assert (await entries.get("padaria", given.entry.id)).entry == given.entry
    assert await entries.get("banca", given.entry.id) is None
    assert await entries.get("padaria", Uuid7EntryIds().next()) is None


async def test_an_entry_knows_its_reversal(journal, entries, recording):
    original = recording()
    await journal.append(original)
    reversal = recording(reverses=original.entry.id, direction=Direction.DEBIT)
    await journal.append(reversal)
    assert (await entries.get("padaria", original.entry.id)).reversed_by == reversal.entry.id
    found = {each.entry.id: each for each in await entries.page("padaria", EntryFilter(), None, 10)}
    assert found[original.entry.id].reversed_by == reversal.entry.id
    assert found[reversal.entry.id].reversed_by is None
    assert found[reversal.entry.id].entry.reverses == original.entry.id


async def test_pages_show_each_entry_once_newest_date_first_while_others_come_in(journal, entries, recording):
    given = [recording(business_date=DAY + timedelta(days=n % 4)) for n in range(17)]
    await journal.append_all([*given, recording(merchant_id="banca")], atomic=True)

    async def others_come_in():
        await journal.append(recording(business_date=DAY + timedelta(days=30)))

    found = await pages(entries, between=others_come_in)

    ordered = sorted((e.entry for e in given), key=lambda entry: (entry.business_date, entry.id), reverse=True)
    assert found == ordered


async def test_a_category_is_found_however_it_is_written_and_shown_as_it_was(journal, entries, recording):
    spelt = [
        "Vendas",
        "vendas",
        "VENDAS",
        "ven\u00addas\u200b",
        "\uff56\uff45\uff4e\uff44\uff41\uff53",
        "Vendas \ufeff",
    ]
    others = ["Venda", "Vendás", "ven das", "Café", None]
    await journal.append_all([recording(category=category) for category in [*spelt, *others]], atomic=True)
    for asked in spelt:
        found = await pages(entries, EntryFilter(category=asked))
        assert sorted(entry.category for entry in found) == sorted(spelt)
    assert [entry.category for entry in await pages(entries, EntryFilter(category="CAFÉ"))] == ["Café"]
    assert await pages(entries, EntryFilter(category="outra")) == []


SAME_WORDS = {
    "Venda balcão": [
        "venda balcao", "VENDA BALCÃO", "balcão venda", "  venda   balc", "vénda", "balca\u0303o", "ven\u00adda\u200b",
        "\uff36\uff45\uff4e\uff44\uff41", "venda-balcão", "venda, balcão", "“venda balcão”", "venda\u00a0balcão",
    ],
    "Segunda\u2011feira": ["segunda feira", "segunda-feira", "feira"],
    "Copo d’água 500 ml": ["copo d'agua", "agua 500", "d´água"],
    "Straße Łódź Ærø": ["strasse lodz", "STRASSE", "aero"],
    "İstanbul ışık": ["istanbul", "ISIK"],
    "Άρτος ἄρτος": ["αρτοσ", "ΆΡΤΟΣ", "Αρτος"],
    "Café ☕": ["cafe ☕", "☕"],
    "NF 123/2026, 150,00": ["nf 123/2026", "150,00", "2026 nf"],
}  # fmt: skip


async def test_a_search_finds_what_people_would_call_the_same_words(journal, entries, recording):
    await journal.append_all([recording(description=each) for each in SAME_WORDS], atomic=True)
    await journal.append_all([recording(merchant_id=other) for other in ("banca", "padaria:venda")], atomic=True)
    for description, spelt in SAME_WORDS.items():
        for asked in spelt:
            found = await pages(entries, EntryFilter(text=asked))
            assert [entry.description for entry in found] == [description], asked
    for asked in ("venda mesa", "vendas", "enda", "\u00b4", "venda %", "500 150"):
        assert await pages(entries, EntryFilter(text=asked)) == [], asked


async def test_a_mark_that_is_searched_for_stands_for_itself(journal, entries, recording):
    marks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    await journal.append_all([recording(description=f"a{mark}b") for mark in marks], atomic=True)
    for mark in marks:
        assert [entry.description for entry in await pages(entries, EntryFilter(text=mark))] == [f"a{mark}b"], mark
    assert [entry.description for entry in await pages(entries, EntryFilter(text="a%b"))] == ["a%b"]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_a_search_goes_on_beyond_the_newest_entries(journal, entries, recording, limit):
    given = [
        recording(business_date=DAY + timedelta(days=n % 5), description="Rara" if n % 23 == 0 else f"Venda {n}")
        for n in range(120)
    ]
    await journal.append_all(given, atomic=True)
    for text in ("rara", "venda", "venda 7", "nada"):
        wanted = [entry for entry in (each.entry for each in given) if is_found(entry.description.lower(), text)]
        wanted.sort(key=lambda entry: (entry.business_date, entry.id), reverse=True)
        assert await pages(entries, EntryFilter(text=text), limit) == wanted
    within = EntryFilter(to_date=DAY, text="rara")
    assert [entry.business_date for entry in await pages(entries, within, limit)] == [DAY, DAY]


def is_found(description, text):
    return all(any(word.startswith(each) for word in description.split()) for each in text.split())


async def test_every_filter_and_all_of_them_together(journal, entries, recording):
    wanted = recording(
        business_date=DAY, direction=Direction.DEBIT, category="luz", description="Conta de LUZ 100% paga_hoje \\o/"
    )
    others = [
        recording(business_date=DAY - timedelta(days=1), direction=Direction.DEBIT, category="luz"),
        recording(business_date=DAY + timedelta(days=1), direction=Direction.DEBIT, category="luz"),
        recording(business_date=DAY, direction=Direction.CREDIT, category="luz"),
        recording(business_date=DAY, direction=Direction.DEBIT, category=None, description="Conta 100 paga hoje"),
    ]
    await journal.append_all([wanted, *others], atomic=True)

    async def found(**filters):
        return {entry.id for entry in await pages(entries, EntryFilter(**filters))}

    def ids(*recordings):
        return {each.entry.id for each in recordings}

    assert await found() == ids(wanted, *others)
    assert await found(from_date=DAY) == ids(wanted, *others[1:])
    assert await found(to_date=DAY) == ids(wanted, others[0], *others[2:])
    assert await found(direction=Direction.CREDIT) == ids(others[2])
    assert await found(category="luz") == ids(wanted, *others[:3])
    for text in ("conta de luz", "100%", "paga_h", "\\o"):
        assert await found(text=text) == ids(wanted), text
    assert await found(text="%") == ids(wanted)
    every = EntryFilter(DAY, DAY, Direction.DEBIT, "luz", "luz")
    assert [entry.id for entry in await pages(entries, every, limit=1)] == [wanted.entry.id]
