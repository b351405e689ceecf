"""Events of bulks wait in a table of their own, and the outbox is held back only by who writes into it (ADR 0048)."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UP = """
ALTER FUNCTION create_outbox_partitions(integer) RENAME TO make_outbox_partitions;

-- The events of bulks, some to a row. They move into the outbox row by row, between those of single entries.
CREATE TABLE bulk_outbox (
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at  timestamptz NOT NULL DEFAULT now(),
    events      bytea[] NOT NULL,
    event_count integer NOT NULL GENERATED ALWAYS AS (cardinality(events)) STORED
);
-- They are here for a moment: compressing them would cost more than it saves.
ALTER TABLE bulk_outbox ALTER COLUMN events SET STORAGE EXTERNAL;

-- Events of transactions below this one may be published. Above pg_snapshot_xmax it is another cluster's, and says
-- nothing.
CREATE TABLE outbox_passed (
    xid      xid8 NOT NULL,
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO outbox_passed VALUES ('0');

-- A hint that there is something new, to who still has a place. What comes from a transaction that was passed would be
-- below what is published, and never go out: it is refused. Whoever locks the outbox before its first write is never
-- passed. The reading must be newer than the lock.
CREATE OR REPLACE FUNCTION announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fluxo_outbox', '') FROM public.outbox_passed
    WHERE (xid <= pg_current_xact_id() OR xid > pg_snapshot_xmax(pg_current_snapshot()))
        AND current_setting('transaction_isolation') = 'read committed';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this transaction has no place in the outbox any more'
            USING ERRCODE = 'serialization_failure',
                  HINT = 'LOCK TABLE outbox IN ROW EXCLUSIVE MODE before the first write, in READ COMMITTED.';
    END IF;
    RETURN NULL;
END
$$;

-- Says which, so that nobody looks here while only single entries come.
CREATE FUNCTION announce_bulk_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fluxo_outbox', 'bulk');
    RETURN NULL;
END
$$;

CREATE TRIGGER bulk_outbox_is_announced AFTER INSERT ON bulk_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION announce_bulk_outbox();

-- Rows below it are final: nothing that is still open writes into the outbox below it, if it locked the outbox before
-- it got its transaction id. A transaction in progress is left out only where its own lock names it and it has none on
-- the outbox. The snapshot is older than the look at the locks: who has its id in the one shows its lock in the other.
-- The release before locks the outbox last: what it writes before gives it away. A bulk of this one locks bulk_outbox.
CREATE FUNCTION outbox_horizon() RETURNS xid8 LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH locks AS MATERIALIZED (
        SELECT locktype, virtualtransaction, transactionid, relation FROM pg_locks
        WHERE granted AND (
            locktype = 'transactionid' AND mode = 'ExclusiveLock'
            OR locktype = 'relation' AND mode NOT IN ('AccessShareLock', 'RowShareLock')
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND relation IN ('public.outbox'::regclass, 'public.bulk_outbox'::regclass,
                    'public.idempotency_keys'::regclass, 'public.merchants'::regclass, 'public.api_keys'::regclass)
        )
    ), announcing AS (
        SELECT virtualtransaction FROM locks WHERE locktype = 'relation' GROUP BY virtualtransaction
        HAVING bool_or(relation = 'public.outbox'::regclass) OR NOT bool_or(relation = 'public.bulk_outbox'::regclass)
    ), elsewhere AS (
        SELECT transactionid FROM locks
        WHERE locktype = 'transactionid' AND virtualtransaction NOT IN (SELECT virtualtransaction FROM announcing)
    )
    SELECT coalesce(min(xid), pg_snapshot_xmax(pg_current_snapshot()))
    FROM pg_snapshot_xip(pg_current_snapshot()) AS xid WHERE xid::xid NOT IN (SELECT transactionid FROM elsewhere)
$$;

-- Closes the outbox to transactions below the horizon that have not come to it. It holds when this is committed, and
-- need not outlive a crash, which nobody who was passed does either.
CREATE FUNCTION pass_outbox_horizon() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    horizon xid8 := outbox_horizon();
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE outbox_passed SET xid = horizon WHERE xid < horizon OR xid > pg_snapshot_xmax(pg_current_snapshot());
END
$$;
REVOKE EXECUTE ON FUNCTION pass_outbox_horizon() FROM PUBLIC;

-- Moves one row's events into the outbox; returns the place of the last one and how many they are, or nothing where no
-- row waits.
CREATE FUNCTION move_bulk_events(OUT generation integer, OUT xid xid8, OUT seq bigint, OUT event_count integer)
RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moved bytea[];
BEGIN
    IF NOT EXISTS (SELECT FROM bulk_outbox) THEN
        RETURN;
    END IF;
    LOCK TABLE outbox IN ROW EXCLUSIVE MODE;
    DELETE FROM bulk_outbox WHERE id = (SELECT id FROM bulk_outbox ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING events INTO moved;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    move_bulk_events.event_count := cardinality(moved);
    WITH announced AS (
        INSERT INTO outbox (event)
        SELECT event FROM unnest(moved) WITH ORDINALITY AS given (event, place) ORDER BY place
        RETURNING outbox.seq
    )
    SELECT outbox_generation.generation, pg_current_xact_id(), (SELECT max(announced.seq) FROM announced)
    INTO move_bulk_events.generation, move_bulk_events.xid, move_bulk_events.seq FROM outbox_generation;
    RETURN NEXT;
END
$$;
REVOKE EXECUTE ON FUNCTION move_bulk_events() FROM PUBLIC;

-- What a relay of the release before calls each minute, which knows of no bulk: so it also moves what nobody has moved
-- for a minute, as much as its statement has time for. Not where it has written before: it would come to the outbox too
-- late. This release's calls make_outbox_partitions alone, and moves bulks at their pace.
CREATE OR REPLACE FUNCTION create_outbox_partitions(days_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '200ms' AS $$
DECLARE
    made integer := make_outbox_partitions(days_ahead);
BEGIN
    WHILE made = 0 AND clock_timestamp() < statement_timestamp() + interval '0.5 s'
        AND EXISTS (SELECT FROM bulk_outbox WHERE created_at < now() - interval '1 minute')
    LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM move_bulk_events());
    END LOOP;
    RETURN made;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END
$$;
REVOKE EXECUTE ON FUNCTION create_outbox_partitions(integer) FROM PUBLIC;
"""

DOWN = """
LOCK TABLE outbox IN ROW EXCLUSIVE MODE;
INSERT INTO outbox (event)
SELECT event FROM bulk_outbox, unnest(events) WITH ORDINALITY AS given (event, place) ORDER BY id, place;
DROP FUNCTION create_outbox_partitions(integer);
ALTER FUNCTION make_outbox_partitions(integer) RENAME TO create_outbox_partitions;
DROP FUNCTION move_bulk_events();
DROP FUNCTION pass_outbox_horizon();
DROP FUNCTION outbox_horizon();
DROP TABLE bulk_outbox;
DROP FUNCTION announce_bulk_outbox();
CREATE OR REPLACE FUNCTION announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fluxo_outbox', '');
    RETURN NULL;
END
$$;
DROP TABLE outbox_passed;
"""


def _days_are_acknowledged(announced: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION days_are_acknowledged(merchant text, day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM (
            SELECT convert_from(event, 'UTF8')::jsonb AS event FROM ({announced}) AS announced
        ) AS waiting
        WHERE event ->> 'subject' = merchant AND (event -> 'data' ->> 'business_date')::date <= day
    )
$$;
"""  # noqa: S608 - put together from constants


_NOT_ACKNOWLEDGED = """
    SELECT event FROM outbox
    WHERE (xid, seq) > (
        SELECT CASE WHEN current THEN xid ELSE '0' END, CASE WHEN current THEN seq ELSE 0 END
        FROM (
            SELECT acknowledged.*, generation = (SELECT generation FROM outbox_generation) AS current
            FROM acknowledged
        ) AS noted
    )
"""
_NOT_MOVED = "SELECT unnest(events) FROM bulk_outbox"


def _drop_outbox_partitions(horizon: str) -> str:
    """Return what makes the function: what lies above the horizon was never published, and so never acknowledged."""
    return f"""
CREATE OR REPLACE FUNCTION drop_outbox_partitions(
    acknowledged_generation integer, acknowledged_xid xid8, acknowledged_seq bigint, margin interval
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '50ms' AS $$
DECLARE
    day     text;
    waiting boolean;
    dropped integer := 0;
BEGIN
    IF (acknowledged_generation = (SELECT generation FROM outbox_generation)) IS NOT TRUE THEN
        RETURN 0;
    END IF;
    IF (acknowledged_xid < {horizon} AND acknowledged_seq >= 0
        AND now() - margin <= now()) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'nobody can have acknowledged %-% and wait for % after it',
            acknowledged_xid, acknowledged_seq, margin USING ERRCODE = 'invalid_parameter_value';
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
"""  # noqa: S608 - put together from constants


_BELOW_ALL_OPEN = "pg_snapshot_xmin(pg_current_snapshot())"
_BELOW_WHO_WRITES = f"""greatest({_BELOW_ALL_OPEN}, (
        SELECT xid FROM outbox_passed WHERE xid <= pg_snapshot_xmax(pg_current_snapshot())
    ))"""  # noqa: S608 - put together from constants


def upgrade() -> None:
    run_sql(UP)
    run_sql(_days_are_acknowledged(f"{_NOT_ACKNOWLEDGED} UNION ALL {_NOT_MOVED}"))
    run_sql(_drop_outbox_partitions(_BELOW_WHO_WRITES))
    grant(
        "SELECT, INSERT ON bulk_outbox",
        "SELECT ON outbox_passed",
        "EXECUTE ON FUNCTION pass_outbox_horizon()",
        "EXECUTE ON FUNCTION move_bulk_events()",
        "EXECUTE ON FUNCTION create_outbox_partitions(integer)",
    )


def downgrade() -> None:
    run_sql(_days_are_acknowledged(_NOT_ACKNOWLEDGED))
    run_sql(_drop_outbox_partitions(_BELOW_ALL_OPEN))
    run_sql(DOWN)
