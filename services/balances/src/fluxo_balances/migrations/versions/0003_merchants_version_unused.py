"""Nobody writes `merchants.version` any more, and nobody ever read it.

It stays for the release before, which still writes it. A later revision drops it, and says so by `contracts_after`.
"""

from typing import Final

from fluxo_chassis.migrations.runner import run_sql

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    # The shadow tables of a rebuild that is under way, or was killed, are written by the same statement.
    run_sql(
        """
        ALTER TABLE merchants ALTER COLUMN version SET DEFAULT 0;
        ALTER TABLE IF EXISTS shadow_merchants ALTER COLUMN version SET DEFAULT 0;
        """
    )


def downgrade() -> None:
    run_sql("ALTER TABLE merchants ALTER COLUMN version DROP DEFAULT")
