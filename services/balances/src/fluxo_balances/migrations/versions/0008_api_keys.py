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

CREATE FUNCTION find_api_key(key_id uuid)
RETURNS TABLE (tenant text, hash bytea, scopes text[], expires_at timestamptz)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT merchant_id, api_keys.hash, api_keys.scopes, api_keys.expires_at
    FROM api_keys WHERE id = key_id AND NOT revoked
$$;
CREATE FUNCTION note_api_key_use(key_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE api_keys SET last_used_at = now()
    WHERE id = key_id AND (last_used_at < now() - interval '1 minute' OR last_used_at IS NULL)
$$;
REVOKE EXECUTE ON FUNCTION find_api_key(uuid), note_api_key_use(uuid) FROM PUBLIC;
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT, UPDATE ON api_keys", "EXECUTE ON FUNCTION find_api_key(uuid), note_api_key_use(uuid)")


def downgrade() -> None:
    run_sql("DROP FUNCTION find_api_key, note_api_key_use; DROP TABLE api_keys; DROP TABLE IF EXISTS shadow_api_keys")
