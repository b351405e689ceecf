"""Files of lines to be recorded: what stands in them, what becomes of each line, and who works on it (ADR 0043)."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE imports (
    id               uuid PRIMARY KEY,
    merchant_id      text COLLATE "C" NOT NULL,
    idempotency_key  text COLLATE "C",
    digest           bytea NOT NULL CHECK (octet_length(digest) = 32),
    filename         text NOT NULL,
    account          text,
    currency         text NOT NULL,
    format           text,
    state            text NOT NULL CHECK (state IN ('parsing', 'ready', 'confirmed', 'recording', 'done', 'failed')),
    reason           text,
    -- What stands above the lines of a sheet as text, for those that are to be mended.
    heading          text,
    guessed          text[] NOT NULL DEFAULT '{}',
    opening_minor    bigint,
    closing_minor    bigint,
    difference_minor bigint,
    line_count       integer NOT NULL DEFAULT 0,
    -- By status of the lines: how many, and what came in and went out.
    totals           jsonb NOT NULL DEFAULT '{}',
    records_possible boolean,
    category         text,
    recorded_up_to   integer NOT NULL DEFAULT 0,
    recorded_count   integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL,
    confirmed_at     timestamptz,
    leased_until     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX imports_by_key ON imports (merchant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX imports_by_file ON imports (merchant_id, digest) WHERE state IN ('parsing', 'ready');
CREATE INDEX imports_by_age ON imports (merchant_id, id);
CREATE INDEX imports_to_record ON imports (leased_until) WHERE state IN ('confirmed', 'recording');

CREATE TABLE import_lines (
    import_id    uuid NOT NULL,
    merchant_id  text COLLATE "C" NOT NULL,
    position     integer NOT NULL,
    place        text NOT NULL,
    booked_on    date,
    amount_minor bigint,
    description  text,
    bank_id      text,
    account      text,
    kind         text,
    line_key     bytea,
    ordinal      integer NOT NULL DEFAULT 1,
    status       text NOT NULL CHECK (status IN ('new', 'duplicate', 'possible_duplicate', 'invalid')),
    reason       text,
    duplicate_of uuid,
    source       text,
    PRIMARY KEY (import_id, position)
);
-- Of a first import there are next to none.
CREATE INDEX import_lines_not_new ON import_lines (import_id, status, position) WHERE status <> 'new';

-- Which entry a line became, for as long as there are entries: idempotency keys are purged.
CREATE TABLE imported_lines (
    merchant_id text COLLATE "C" NOT NULL,
    line_key    bytea NOT NULL CHECK (octet_length(line_key) = 32),
    ordinal     integer NOT NULL,
    entry_id    uuid NOT NULL,
    account     text,
    has_bank_id boolean NOT NULL,
    PRIMARY KEY (merchant_id, line_key, ordinal)
);
CREATE INDEX imported_lines_of_entry ON imported_lines (merchant_id, entry_id);

-- A merchant's imports are recorded one after the other, so that each sees what the one before has recorded; merchants
-- take turns. Whoever works on one renews the lease well within its five seconds.
CREATE FUNCTION claim_import() RETURNS TABLE (tenant text, import_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE imports SET leased_until = clock_timestamp() + interval '5 seconds' WHERE id = (
        SELECT id FROM imports AS next
        WHERE state IN ('confirmed', 'recording') AND leased_until <= clock_timestamp() AND NOT EXISTS (
            SELECT FROM imports AS earlier
            WHERE earlier.merchant_id = next.merchant_id AND earlier.state IN ('confirmed', 'recording')
                AND (earlier.confirmed_at, earlier.id) < (next.confirmed_at, next.id)
        )
        ORDER BY leased_until LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING merchant_id, id
$$;
REVOKE EXECUTE ON FUNCTION claim_import() FROM PUBLIC;
"""


def upgrade() -> None:
    run_sql(UP)
    grant(
        "SELECT, INSERT, UPDATE, DELETE ON imports",
        "SELECT, INSERT, UPDATE (ordinal, status, reason, duplicate_of), DELETE ON import_lines",
        "SELECT, INSERT ON imported_lines",
        "EXECUTE ON FUNCTION claim_import()",
    )


def downgrade() -> None:
    run_sql("DROP FUNCTION claim_import; DROP TABLE imported_lines, import_lines, imports")
