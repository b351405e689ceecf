"""API keys, of which only the hashes are kept."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    merchant_id  text COLLATE "C" NOT NULL,
    name         text NOT NULL,
    hash         bytea NOT NULL CHECK (octet_length(hash) = 32),
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);

CREATE UNIQUE INDEX api_keys_by_name ON api_keys (merchant_id, name) WHERE revoked_at IS NULL;
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT, UPDATE (revoked_at, last_used_at) ON api_keys")


def downgrade() -> None:
    run_sql("DROP TABLE api_keys")
