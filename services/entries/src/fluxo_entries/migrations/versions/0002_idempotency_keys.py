"""What each idempotency key was used for."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE idempotency_keys (
    merchant_id  text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    -- Written by the same statement as the entry, which stays for ever: a foreign key would prove nothing more.
    entry_id     uuid NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, key)
);

-- Keys come in the order of time, so a few pages of summaries find the old ones.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (recorded_at) WITH (autosummarize = on);

-- Keys are kept for 31 days at least; the day more leaves room for clocks and retries. A part at a time, so that no
-- transaction is open for long. The application may delete keys in this way only.
CREATE FUNCTION purge_idempotency_keys(at_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    purged integer;
BEGIN
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_keys WHERE recorded_at < now() - interval '32 days' LIMIT at_most
    ));
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END
$$;
REVOKE EXECUTE ON FUNCTION purge_idempotency_keys(integer) FROM PUBLIC;
"""

DOWN = """
DROP FUNCTION purge_idempotency_keys(integer);
DROP TABLE idempotency_keys;
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT ON idempotency_keys", "EXECUTE ON FUNCTION purge_idempotency_keys(integer)")


def downgrade() -> None:
    run_sql(DOWN)
