"""The currency of merchants whose entries do not tell it yet."""

from typing import Final

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    # Beside `merchants`, whose rows stand for applied entries: the release before would refuse entries in a currency
    # that it finds there.
    run_sql(
        """
        CREATE TABLE merchant_settings (
            merchant_id text COLLATE "C" PRIMARY KEY,
            currency text COLLATE "C" NOT NULL,
            changed_at timestamptz NOT NULL
        )
        """
    )
    grant("SELECT, INSERT, UPDATE ON merchant_settings")


def downgrade() -> None:
    run_sql("DROP TABLE merchant_settings; DROP TABLE IF EXISTS shadow_merchant_settings")
