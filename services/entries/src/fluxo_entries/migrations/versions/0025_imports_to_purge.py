"""Imports whose lines are to go are found without looking at all imports, once a minute."""

from fluxo_chassis.migrations.runner import create_index_concurrently, run_sql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently("imports_to_purge", "ON imports (confirmed_at) WHERE state = 'done' AND NOT lines_purged")


def downgrade() -> None:
    run_sql("DROP INDEX imports_to_purge")
