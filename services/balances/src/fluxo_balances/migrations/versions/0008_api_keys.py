"""The API keys that the entries service told of, of which only the hashes are kept."""

from typing import Final

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision: Final = "0008"
down_revision: Final = "0007"
branch_labels: Final = None
depends_on: Final = None

UP: Final = """
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    merchant_id text COLLATE "C" NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    scopes text[] NOT NULL,
    expires_at timestamptz,
    revoked boolean NOT NULL,
    last_used_at timestamptz
);
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT, UPDATE ON api_keys")


def downgrade() -> None:
    run_sql("DROP TABLE api_keys; DROP TABLE IF EXISTS shadow_api_keys")
