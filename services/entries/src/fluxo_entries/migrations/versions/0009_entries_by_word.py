"""Entries by the words of their descriptions."""

from fluxo_chassis.migrations.runner import create_index_concurrently, run_sql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently("entries_by_word", "ON entries USING gin (search_words(merchant_id, description))")


def downgrade() -> None:
    run_sql("DROP INDEX entries_by_word")
