"""Lines of imports that were recorded long ago go; which entry each became is kept (ADR 0043)."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE imports ADD COLUMN lines_purged boolean NOT NULL DEFAULT false;

-- Lines are shown for 90 days after their import was confirmed; the day more leaves room for clocks. A part of one
-- import at a time, so that no transaction is open for long. Returns how many rows were touched, 0 when all is done.
CREATE FUNCTION purge_import_lines(at_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    old uuid;
    purged integer;
BEGIN
    SELECT id INTO old FROM imports
    WHERE state = 'done' AND NOT lines_purged AND confirmed_at < now() - interval '91 days' LIMIT 1;
    IF old IS NULL THEN
        RETURN 0;
    END IF;
    DELETE FROM import_lines WHERE import_id = old AND position < at_most + (
        SELECT min(position) FROM import_lines WHERE import_id = old
    );
    GET DIAGNOSTICS purged = ROW_COUNT;
    IF NOT EXISTS (SELECT FROM import_lines WHERE import_id = old) THEN
        UPDATE imports SET lines_purged = true WHERE id = old;
        purged := purged + 1;
    END IF;
    RETURN purged;
END
$$;
REVOKE EXECUTE ON FUNCTION purge_import_lines(integer) FROM PUBLIC;
"""


def upgrade() -> None:
    run_sql(UP)
    grant("EXECUTE ON FUNCTION purge_import_lines(integer)")


def downgrade() -> None:
    run_sql("DROP FUNCTION purge_import_lines(integer); ALTER TABLE imports DROP COLUMN lines_purged")
