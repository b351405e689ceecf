"""Hoje: the categories used before, which the quick form offers."""

import pytest

pytestmark = pytest.mark.anyio


async def test_categories_used_before_are_offered_the_most_used_first(reader, books):
    for day, category, times in [("2026-01-05", "Água", 1), ("2026-11-01", "<b>", 3), ("2026-11-02", "Vendas", 2)]:
        for _ in range(times):
            books.add(day, credit=1_00, category=category)
    books.add("2025-11-27", credit=1_00, category="Antiga")
    books.add("2026-11-02", credit=1_00)
    part = await reader.html("/today/categories", is_part=True)
    assert part.split() == [
        "<datalist",
        'id="categories">',
        "<option",
        'value="&lt;b&gt;"></option>',
        "<option",
        'value="Vendas"></option>',
        "<option",
        'value="Água"></option>',
        "</datalist>",
    ]


async def test_at_most_fifty_are_offered_and_none_while_balances_are_away(reader, books):
    for number in range(60):
        books.add("2026-11-02", credit=1_00, category=f"Categoria {number}")
    assert (await reader.html("/today/categories", is_part=True)).count("<option") == 50
    books.is_unavailable = True
    assert (await reader.html("/today/categories", is_part=True)).split() == [
        "<datalist",
        'id="categories">',
        "</datalist>",
    ]
