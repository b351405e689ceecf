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

CREATE FUNCTION find_api_key(key_id uuid)
RETURNS TABLE (tenant text, hash bytea, scopes text[], expires_at timestamptz)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT merchant_id, api_keys.hash, api_keys.scopes, api_keys.expires_at
    FROM api_keys WHERE id = key_id AND revoked_at IS NULL
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
    grant(
        "SELECT, INSERT, UPDATE (revoked_at) ON api_keys",
        "EXECUTE ON FUNCTION find_api_key(uuid), note_api_key_use(uuid)",
    )


def downgrade() -> None:
    run_sql("DROP FUNCTION find_api_key, note_api_key_use; DROP TABLE api_keys")
