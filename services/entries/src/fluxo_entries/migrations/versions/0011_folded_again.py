"""The indexes over folded texts, once more where these have changed."""

from alembic import op
from fluxo_chassis.migrations.runner import reindex_concurrently
from sqlalchemy import text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().scalar(text("SELECT lower(upper('I É')) <> 'i é'")):
        for name in ("entries_by_category", "entries_by_word"):
            reindex_concurrently(name)


def downgrade() -> None:
    pass
