"""Totals may grow beyond a bigint: what is above moves to a carry, counted in 10^18 minor units (ADR 0032).

Added, not retyped: a rewrite would stop the traffic, and the release before reads bigints. It goes on counting in the
old columns, which the next change by this release carries over.
"""

from typing import Final

from fluxo_chassis.migrations.runner import run_sql

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None

# The shadow tables of a rebuild that is under way, or was killed, are written by the same statement.
TABLES: Final = ("day_totals", "month_totals", "shadow_day_totals", "shadow_month_totals")


def upgrade() -> None:
    for table in TABLES:
        run_sql(f"""
            ALTER TABLE IF EXISTS {table}
                ADD COLUMN credits_carry integer NOT NULL DEFAULT 0,
                ADD COLUMN debits_carry integer NOT NULL DEFAULT 0
        """)


def downgrade() -> None:
    # Fails where a total is too great for the columns that stay: nothing is cut off in silence.
    for table in TABLES[:2]:
        run_sql(f"""
            UPDATE {table} SET
                credits_minor = credits_minor + credits_carry * 1000000000000000000,
                debits_minor = debits_minor + debits_carry * 1000000000000000000
            WHERE credits_carry > 0 OR debits_carry > 0
        """)  # noqa: S608 - put together from constants
    for table in TABLES:
        run_sql(f"ALTER TABLE IF EXISTS {table} DROP COLUMN credits_carry, DROP COLUMN debits_carry")
