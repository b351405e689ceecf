"""The events of committed transactions, in an order that nothing can slip into afterwards."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = """
-- Rows are read by (xid, seq) below the snapshot horizon: whatever commits later has a higher xid. A serial number
-- alone is given out before the commit, and a reader that follows it skips what commits late. Rows are never updated.
CREATE TABLE outbox (
    xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq        bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(),
    event      bytea NOT NULL
) PARTITION BY RANGE (created_at);

CREATE INDEX outbox_position ON outbox (xid, seq);

-- An insert never fails for want of a partition.
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

-- A hint that there is something new, one for each statement; the payload is in the table.
CREATE FUNCTION announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fluxo_outbox', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER outbox_is_announced AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION announce_outbox();

-- One partition for each UTC day from today to `days_ahead` from now. A day that already has rows in the default
-- partition stays there. Returns how many were made; gives up at once rather than make writers wait.
CREATE FUNCTION create_outbox_partitions(days_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '200ms' AS $$
DECLARE
    day  date;
    name text;
    made integer := 0;
BEGIN
    FOR day IN SELECT current_date + ahead FROM generate_series(0, days_ahead) AS ahead LOOP
        name := 'outbox_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL
            OR EXISTS (SELECT FROM public.outbox_default WHERE created_at >= day AND created_at < day + 1);
        -- Made apart and then attached: that does not lock the other partitions.
        EXECUTE format('CREATE TABLE public.%I (LIKE public.outbox INCLUDING DEFAULTS)', name);
        EXECUTE format('ALTER TABLE public.outbox ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                       name, day::timestamptz, (day + 1)::timestamptz);
        made := made + 1;
    END LOOP;
    RETURN made;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END
$$;
REVOKE EXECUTE ON FUNCTION create_outbox_partitions(integer) FROM PUBLIC;

SELECT create_outbox_partitions(7);
"""

DOWN = """
DROP FUNCTION create_outbox_partitions(integer);
DROP TABLE outbox;
DROP FUNCTION announce_outbox();
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT ON outbox", "EXECUTE ON FUNCTION create_outbox_partitions(integer)")


def downgrade() -> None:
    run_sql(DOWN)
