"""Totals by category, and how each category is shown.

What was applied before has no totals by category until `fluxo rebuild`; reads notice, for the day totals hold more.
"""

from typing import Final

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql
from fluxo_contracts.folded_text import CREATE_FOLDED

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None

TABLES: Final = (
    # Deltas as in day_totals, of which these are the parts. `category` is folded; empty where the entries have none.
    """
    CREATE TABLE category_totals (
        merchant_id text COLLATE "C" NOT NULL,
        business_date date NOT NULL,
        category text COLLATE "C" NOT NULL,
        credits_minor bigint NOT NULL CHECK (credits_minor >= 0),
        debits_minor bigint NOT NULL CHECK (debits_minor >= 0),
        entry_count bigint NOT NULL CHECK (entry_count > 0),
        credits_carry integer NOT NULL DEFAULT 0,
        debits_carry integer NOT NULL DEFAULT 0,
        PRIMARY KEY (merchant_id, business_date, category)
    ) WITH (fillfactor = 80)
    """,
    # As it was written first, and when.
    """
    CREATE TABLE category_names (
        merchant_id text COLLATE "C" NOT NULL,
        category text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        recorded_at timestamptz NOT NULL,
        PRIMARY KEY (merchant_id, category)
    )
    """,
)


def upgrade() -> None:
    for statement in (CREATE_FOLDED, *TABLES):
        run_sql(statement)
    grant("EXECUTE ON FUNCTION folded(text)", "SELECT, INSERT, UPDATE ON category_totals, category_names")


def downgrade() -> None:
    run_sql(
        "DROP TABLE category_names, category_totals;"
        "DROP TABLE IF EXISTS shadow_category_names, shadow_category_totals;"
        "DROP FUNCTION folded(text)"
    )
