"""A reversal points at an entry of its own merchant (ADR 0039): new ones now, all of them by the next revision."""

from fluxo_chassis.migrations.runner import run_sql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# No release ever recorded another reversal: this only holds them to it.
contracts_after = "0.1"


def upgrade() -> None:
    run_sql(
        """
        ALTER TABLE entries ADD CONSTRAINT entries_reverses_own_fkey
            FOREIGN KEY (merchant_id, reverses) REFERENCES entries (merchant_id, id) NOT VALID
        """
    )


def downgrade() -> None:
    run_sql("ALTER TABLE entries DROP CONSTRAINT entries_reverses_own_fkey")
