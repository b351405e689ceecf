"""Texts folded at a third of the cost, to the same."""

from typing import Final

from fluxo_chassis.migrations.runner import run_sql
from fluxo_contracts.folded_text import CREATE_FOLDED

revision: Final = "0009"
down_revision: Final = "0008"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    run_sql(CREATE_FOLDED)


def downgrade() -> None:
    """The function may stay: code of any revision can use it."""
