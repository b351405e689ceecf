"""All reversals point at an entry of their own merchant; reading them through keeps nobody from writing."""

from fluxo_chassis.migrations.runner import run_sql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("ALTER TABLE entries VALIDATE CONSTRAINT entries_reverses_own_fkey")


def downgrade() -> None:
    """What was checked stays so."""
