"""Texts folded at a third of the cost, to the same."""

from fluxo_chassis.migrations.runner import run_sql
from fluxo_contracts.folded_text import CREATE_FOLDED

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(CREATE_FOLDED)


def downgrade() -> None:
    """The function may stay: code of any revision can use it."""
