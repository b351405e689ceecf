"""Who was granted nothing makes no tables."""

from typing import Final

from fluxo_chassis.migrations.grants import revoke_defaults

revision: Final = "0007"
down_revision: Final = "0006"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    revoke_defaults()


def downgrade() -> None:
    """Nothing of ours needs it back."""
