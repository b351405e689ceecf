"""Reports of card sales: whether gross and fee are two lines, and what their row would be otherwise (ADR 0043)."""

from fluxo_chassis.migrations.runner import run_sql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(
        """
        ALTER TABLE imports ADD COLUMN fees_apart boolean NOT NULL DEFAULT false;
        ALTER TABLE import_lines ADD COLUMN other_key bytea;
        """
    )


def downgrade() -> None:
    run_sql("ALTER TABLE import_lines DROP COLUMN other_key; ALTER TABLE imports DROP COLUMN fees_apart")
