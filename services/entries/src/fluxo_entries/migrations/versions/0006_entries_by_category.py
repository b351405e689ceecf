"""Entries of one category, newest business date first."""

from fluxo_chassis.migrations.runner import create_index_concurrently, run_sql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently(
        "entries_by_category",
        "ON entries (merchant_id, folded(category), business_date, id) WHERE category IS NOT NULL",
    )


def downgrade() -> None:
    run_sql("DROP INDEX entries_by_category")
