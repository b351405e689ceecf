"""Each entry by its merchant and id, for what may only point at an entry of the same merchant."""

from fluxo_chassis.migrations.runner import create_index_concurrently, run_sql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index_concurrently("entries_of_merchant", "ON entries (merchant_id, id)", unique=True)


def downgrade() -> None:
    run_sql("DROP INDEX entries_of_merchant")
