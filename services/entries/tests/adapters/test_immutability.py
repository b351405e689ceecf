import asyncpg
import pytest

pytestmark = pytest.mark.anyio

CHANGES = [
    "UPDATE entries SET amount_minor = amount_minor + 1",
    "DELETE FROM entries",
    "TRUNCATE entries",
    "TRUNCATE entries CASCADE",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_not_even_the_owner_changes_an_entry(journal, owner, recording, change):
    await journal.append(recording())
    with pytest.raises(asyncpg.RestrictViolationError, match="immutable"):
        await owner.execute(change)
    assert await owner.fetchval("SELECT amount_minor FROM entries") == 15_000


@pytest.mark.parametrize("change", CHANGES)
async def test_the_application_has_no_right_to_try(pool, change):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(change)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM idempotency_keys",
        "UPDATE idempotency_keys SET key = 'other'",
        "DELETE FROM outbox",
        "UPDATE outbox SET event = ''",
        "TRUNCATE outbox",
        "DROP TABLE outbox_default",
        "DELETE FROM merchants",
        "UPDATE outbox_generation SET generation = 1",
        "CREATE TABLE mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "ALTER TABLE entries DISABLE TRIGGER entries_are_immutable",
    ],
)
async def test_the_application_has_the_few_rights_that_it_needs(pool, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


@pytest.mark.parametrize("amount_minor", [0, -1, 100_000_000_000_000])
async def test_the_database_refuses_amounts_that_cannot_be(journal, recording, amount_minor):
    with pytest.raises(Exception, match=r"entries_amount_minor_check|less than|greater than|Expected"):
        await journal.append(recording(amount_minor=amount_minor))
