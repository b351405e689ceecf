"""Totals by category, and how each category is shown.

What was applied before has no totals by category until `fluxo rebuild`; reads notice, for the day totals hold more.
"""

from typing import Final

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None

# Which categories are the same is said by the entries service, which compares them by its function of this name.
FOLDED: Final = r"""
CREATE FUNCTION folded(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN btrim(lower(upper(normalize(regexp_replace(given,
    '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164'
    '\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]',
    '', 'g'), NFKC))))
"""

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
    for statement in (FOLDED, *TABLES):
        run_sql(statement)
    grant("EXECUTE ON FUNCTION folded(text)", "SELECT, INSERT, UPDATE ON category_totals, category_names")


def downgrade() -> None:
    run_sql(
        "DROP TABLE category_names, category_totals;"
        "DROP TABLE IF EXISTS shadow_category_names, shadow_category_totals;"
        "DROP FUNCTION folded(text)"
    )
