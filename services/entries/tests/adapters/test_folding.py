"""Texts are the same, or not, whatever the locale of the database."""

import unicodedata

import asyncpg
import pytest
from fluxo_chassis.migrations.runner import upgrade
from fluxo_entries.adapters.postgres.sql import ENTRY, PAGE_FILTERS
from fluxo_entries.domain.text import IGNORABLE

from tests.harness.databases import empty_database

pytestmark = pytest.mark.anyio

SCRIPTS = "fluxo_entries:migrations"
OF_LOCALE_C = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
FOUND = f"SELECT category FROM entries WHERE merchant_id = 'm' AND {PAGE_FILTERS['category'].format('$1')} ORDER BY 1"
FOLDED = "SELECT folded(one) FROM unnest($1::text[]) WITH ORDINALITY AS given (one, n) ORDER BY n"
# As it was before databases of other locales were thought of: indexes are full of it.
WITH_CAPITALS = f"""
SELECT btrim(lower(upper(normalize(regexp_replace(one, '[{IGNORABLE}]', '', 'g'), NFKC))))
FROM unnest($1::text[]) WITH ORDINALITY AS given (one, n) ORDER BY n
"""
ADD = f"""
INSERT INTO entries ({ENTRY})
SELECT gen_random_uuid(), 'm', 'credit', 1, 'BRL', '2026-11-22', 'Venda', unnest($1::text[]), NULL, now()
"""


@pytest.fixture
async def of_locale_c(postgres_url):
    """An empty database that knows no capitals beyond ASCII."""
    async with empty_database(postgres_url, "folding", OF_LOCALE_C) as (url, app_role):
        yield url, app_role


async def test_letters_are_the_same_in_every_locale(pool, of_locale_c):
    url, app_role = of_locale_c
    upgrade(SCRIPTS, owner_url=url, app_role=app_role)
    letters = {chr(point) for point in (*range(0x20, 0x588), *range(0x1E00, 0x2000))}
    others = (chr(point) for point in range(0x588, 0x20000) if not 0xD800 <= point <= 0xDFFF)
    letters |= {other for other in others if letters.intersection(unicodedata.normalize("NFKC", other))}
    # Each alone, beside what has a way of its own, and where no such way is open.
    texts = [f"{letter}{beside}" for letter in sorted(letters) for beside in ("", " Água I-2 ", "ю")]
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("SELECT lower('É')") == "É"
        assert await connection.fetch(FOLDED, texts) == await pool.fetch(WITH_CAPITALS, texts)
    finally:
        await connection.close()


async def test_what_was_recorded_under_another_rule_is_found_by_the_new_one(of_locale_c):
    url, app_role = of_locale_c
    upgrade(SCRIPTS, owner_url=url, app_role=app_role, revision="0009")
    connection = await asyncpg.connect(url, server_settings={"enable_seqscan": "off"})
    try:
        await connection.execute("INSERT INTO merchants VALUES ('m', 'm', 'BRL', 'America/Sao_Paulo')")
        await connection.execute(ADD, ["CAFÉ", "Café", "КОФЕ", "chá"])
        assert [row[0] for row in await connection.fetch(FOUND, "café")] == ["Café"]
        upgrade(SCRIPTS, owner_url=url, app_role=app_role)
        assert [row[0] for row in await connection.fetch(FOUND, "café")] == ["CAFÉ", "Café"]
        assert [row[0] for row in await connection.fetch(FOUND, "Кофе")] == ["КОФЕ"]
    finally:
        await connection.close()
