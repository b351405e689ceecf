"""The mark of a rebuild that is under way."""

from typing import Final

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    # While there is a row, projectors write to the shadow tables too. One at the most.
    run_sql(
        """
        CREATE TABLE rebuild (
            mark uuid NOT NULL,
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
        )
        """
    )
    # A projector removes the mark of a rebuild that was killed.
    grant("SELECT, DELETE ON rebuild")


def downgrade() -> None:
    run_sql("DROP TABLE rebuild")
