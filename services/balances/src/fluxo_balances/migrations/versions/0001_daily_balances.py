"""Inbox, day totals, month totals and the merchants' merchant_state."""

from typing import Final

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None

TABLES: Final = (
    # The ids of applied events. They are UUIDv7, so that new ones go to the right edge of the index, and the old ones
    # are a range of it: purging by age needs no other column.
    """
    CREATE TABLE inbox (
        event_id uuid PRIMARY KEY,
        merchant_id text COLLATE "C" NOT NULL
    )
    """,
    # Deltas, never running balances: an entry of any age touches one day and one month. Room in each page and no
    # index on the totals keep the updates heap-only.
    """
    CREATE TABLE day_totals (
        merchant_id text COLLATE "C" NOT NULL,
        business_date date NOT NULL,
        credits_minor bigint NOT NULL CHECK (credits_minor >= 0),
        debits_minor bigint NOT NULL CHECK (debits_minor >= 0),
        entry_count bigint NOT NULL CHECK (entry_count > 0),
        PRIMARY KEY (merchant_id, business_date)
    ) WITH (fillfactor = 80)
    """,
    # `month` is the first day of the month. Always the sum of the month's days.
    """
    CREATE TABLE month_totals (
        merchant_id text COLLATE "C" NOT NULL,
        month date NOT NULL CHECK (extract(day FROM month) = 1),
        credits_minor bigint NOT NULL CHECK (credits_minor >= 0),
        debits_minor bigint NOT NULL CHECK (debits_minor >= 0),
        entry_count bigint NOT NULL CHECK (entry_count > 0),
        PRIMARY KEY (merchant_id, month)
    ) WITH (fillfactor = 80)
    """,
    # `as_of` is the newest recorded_at applied; `version` counts the batches that changed the merchant's balances.
    """
    CREATE TABLE merchants (
        merchant_id text COLLATE "C" PRIMARY KEY,
        currency text COLLATE "C" NOT NULL,
        as_of timestamptz NOT NULL,
        version bigint NOT NULL
    ) WITH (fillfactor = 80)
    """,
)


def upgrade() -> None:
    for table in TABLES:
        run_sql(table)
    grant("SELECT, INSERT, DELETE ON inbox", "SELECT, INSERT, UPDATE ON day_totals, month_totals, merchants")


def downgrade() -> None:
    run_sql("DROP TABLE merchants, month_totals, day_totals, inbox")
