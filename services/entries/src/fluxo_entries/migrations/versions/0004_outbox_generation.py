"""Which life of the cluster the outbox's transaction ids belong to, and how old rows go."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
-- Transaction ids are comparable within one life of a cluster only: after a dump and restore they start again, after a
-- recovery or a promotion some are given out a second time. Each life has a generation of its own.
CREATE TABLE outbox_generation (
    generation        integer NOT NULL CHECK (generation BETWEEN 1 AND 65535),
    system_identifier bigint NOT NULL,
    timeline          integer NOT NULL,
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);

-- The cluster we are in. The timeline comes from the name of the current WAL file, because the control file still shows
-- the old one for a while after a promotion; on a standby this fails, and so nobody relays from one.
CREATE FUNCTION this_cluster(OUT system_identifier bigint, OUT timeline integer) LANGUAGE sql STABLE AS $$
    SELECT system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer
    FROM pg_control_system()
$$;

INSERT INTO outbox_generation SELECT 1, system_identifier, timeline FROM this_cluster();

-- The generation that rows read in this statement belong to, for a stream whose last id shows the given generation and
-- transaction. Fails with FX001 when it must be raised first: the cluster is not the one noted, or the stream knows a
-- generation or a transaction that this database does not (it was set back to an earlier state).
CREATE FUNCTION outbox_generation_after(seen_generation integer, seen_xid xid8) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    noted outbox_generation;
    here  record;
BEGIN
    SELECT * INTO STRICT noted FROM outbox_generation;
    SELECT * INTO here FROM this_cluster();
    IF noted.system_identifier <> here.system_identifier OR noted.timeline <> here.timeline
        OR seen_generation > noted.generation
        OR seen_generation = noted.generation AND seen_xid >= pg_snapshot_xmax(pg_current_snapshot())
    THEN
        RAISE EXCEPTION 'the outbox needs a new generation' USING ERRCODE = 'FX001';
    END IF;
    RETURN noted.generation;
END
$$;

-- Starts a new generation, higher than the given one, and notes the cluster; `restore` calls it without an argument.
-- Does nothing when another relay did it meanwhile. Rows from another cluster get this transaction's id: theirs could
-- lie above this cluster's horizon. Their order is the sequence, which a dump carries along.
CREATE FUNCTION raise_outbox_generation(above integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    noted outbox_generation;
    here  record;
BEGIN
    SELECT * INTO STRICT noted FROM outbox_generation FOR UPDATE;
    SELECT * INTO here FROM this_cluster();
    IF noted.generation > above AND noted.system_identifier = here.system_identifier AND noted.timeline = here.timeline
    THEN
        RETURN noted.generation;
    END IF;
    IF noted.system_identifier <> here.system_identifier THEN
        UPDATE outbox SET xid = pg_current_xact_id();
    END IF;
    UPDATE outbox_generation
    SET generation = greatest(noted.generation, above) + 1,
        system_identifier = here.system_identifier,
        timeline = here.timeline
    RETURNING generation INTO noted.generation;
    RETURN noted.generation;
END
$$;
REVOKE EXECUTE ON FUNCTION raise_outbox_generation(integer) FROM PUBLIC;

-- Drops each day whose rows all lie at or below an acknowledged position of the current generation, once it ended
-- longer ago than `margin`, and empties the default partition under the same conditions. Returns how many went; what
-- is locked by others is left for the next time, so that writers never wait for long.
CREATE FUNCTION drop_outbox_partitions(
    acknowledged_generation integer, acknowledged_xid xid8, acknowledged_seq bigint, margin interval
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '50ms' AS $$
DECLARE
    day     text;
    waiting boolean;
    dropped integer := 0;
BEGIN
    IF acknowledged_generation <> (SELECT generation FROM outbox_generation) THEN
        RETURN 0;
    END IF;
    FOREACH day IN ARRAY ARRAY(
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'public.outbox'::regclass AND CASE relname
            WHEN 'outbox_default' THEN (SELECT max(created_at) < now() - margin FROM outbox_default)
            ELSE to_date(relname, '"outbox_"YYYYMMDD') + 1 < now() - margin
        END
        ORDER BY relname
    ) LOOP
        -- Looked at twice: cheaply, and again when nobody can be writing.
        FOR look IN 1..2 LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE (xid, seq) > ($1, $2))', day)
            INTO waiting USING acknowledged_xid, acknowledged_seq;
            EXIT WHEN waiting;
            IF look = 1 THEN
                LOCK TABLE ONLY outbox IN ACCESS EXCLUSIVE MODE;
            ELSE
                EXECUTE format(CASE day WHEN 'outbox_default' THEN 'TRUNCATE public.%I' ELSE 'DROP TABLE public.%I' END,
                               day);
                dropped := dropped + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN dropped;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END
$$;
REVOKE EXECUTE ON FUNCTION drop_outbox_partitions(integer, xid8, bigint, interval) FROM PUBLIC;
"""

DOWN = """
DROP FUNCTION drop_outbox_partitions(integer, xid8, bigint, interval);
DROP FUNCTION raise_outbox_generation(integer);
DROP FUNCTION outbox_generation_after(integer, xid8);
DROP FUNCTION this_cluster();
DROP TABLE outbox_generation;
"""


def upgrade() -> None:
    run_sql(UP)
    grant(
        "SELECT ON outbox_generation",
        "EXECUTE ON FUNCTION raise_outbox_generation(integer)",
        "EXECUTE ON FUNCTION drop_outbox_partitions(integer, xid8, bigint, interval)",
    )


def downgrade() -> None:
    run_sql(DOWN)
