"""The outbox's functions refuse what no relay asks, and who was granted nothing makes no tables.

They run with the owner's rights: without bounds, whoever holds the application's password drops what was never
published, or uses the generations up.
"""

from fluxo_chassis.migrations.grants import revoke_defaults
from fluxo_chassis.migrations.runner import run_sql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = """
-- The same check stands in entries_reverses_own_fkey.
ALTER TABLE entries DROP CONSTRAINT entries_reverses_fkey;

CREATE OR REPLACE FUNCTION create_outbox_partitions(days_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '200ms' AS $$
DECLARE
    day  date;
    name text;
    made integer := 0;
BEGIN
    IF days_ahead IS NULL OR days_ahead NOT BETWEEN 0 AND 30 THEN
        RAISE EXCEPTION 'partitions are made for 0 to 30 days, not for %', days_ahead
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
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

-- A stream may have outlived some lives of the database; a generation further ahead nobody ever gave out (FX002).
-- After the last one comes the first: then the stream is ahead, and is made anew.
CREATE OR REPLACE FUNCTION raise_outbox_generation(above integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    noted outbox_generation;
    here  record;
BEGIN
    SELECT * INTO STRICT noted FROM outbox_generation FOR UPDATE;
    IF above > noted.generation + 100 THEN
        RAISE EXCEPTION 'generation % is no later life of generation %', above, noted.generation
            USING ERRCODE = 'FX002';
    END IF;
    SELECT * INTO here FROM this_cluster();
    IF noted.generation > above AND noted.system_identifier = here.system_identifier AND noted.timeline = here.timeline
    THEN
        RETURN noted.generation;
    END IF;
    IF noted.system_identifier <> here.system_identifier THEN
        UPDATE outbox SET xid = pg_current_xact_id();
    END IF;
    UPDATE outbox_generation
    SET generation = greatest(noted.generation, above) % 65535 + 1,
        system_identifier = here.system_identifier,
        timeline = here.timeline
    RETURNING generation INTO noted.generation;
    RETURN noted.generation;
END
$$;

-- What lies above the horizon was never published, so that nobody can have acknowledged it.
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
    IF (acknowledged_xid < pg_snapshot_xmin(pg_current_snapshot()) AND acknowledged_seq >= 0
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
"""


def upgrade() -> None:
    run_sql(UP)
    revoke_defaults()


def downgrade() -> None:
    # The functions may stay: code of any revision does with these.
    run_sql("ALTER TABLE entries ADD CONSTRAINT entries_reverses_fkey FOREIGN KEY (reverses) REFERENCES entries (id)")
