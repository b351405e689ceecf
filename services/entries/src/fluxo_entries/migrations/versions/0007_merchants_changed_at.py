"""When a merchant's settings were changed, so that of two events that tell of it the later holds.

Null where nobody changed them since, and where the release before did, which tells nobody.
"""

from fluxo_chassis.migrations.runner import run_sql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("ALTER TABLE merchants ADD COLUMN changed_at timestamptz")


def downgrade() -> None:
    run_sql("ALTER TABLE merchants DROP COLUMN changed_at")
