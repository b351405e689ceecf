"""Days that are closed: up to which day nothing is recorded any more, and the trail of who closed and reopened them."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UP = """
-- What the statements that write compare with: all up to this day is closed. Where it is null, nothing is.
ALTER TABLE merchants ADD COLUMN closed_through date;

-- `closed_through` is what has been closed since; a reopened day has the balance that it was closed with.
CREATE TABLE day_closes (
    merchant_id           text COLLATE "C" NOT NULL,
    number                bigint NOT NULL CHECK (number > 0),
    action                text NOT NULL CHECK (action IN ('closed', 'reopened')),
    day                   date NOT NULL,
    closed_through        date CHECK (closed_through = day OR action = 'reopened'),
    by                    text NOT NULL,
    at                    timestamptz NOT NULL DEFAULT now(),
    reason                text CHECK ((reason IS NOT NULL) = (action = 'reopened')),
    currency              text NOT NULL,
    closing_balance_minor numeric NOT NULL,
    PRIMARY KEY (merchant_id, number)
);

CREATE FUNCTION refuse_to_change_day_closes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail of closed days is immutable: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER day_closes_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON day_closes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_day_closes();

-- Up to where every consumer group had acknowledged the outbox's rows when a relay looked last.
CREATE TABLE acknowledged (
    generation integer NOT NULL,
    xid        xid8 NOT NULL,
    seq        bigint NOT NULL,
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO acknowledged VALUES (0, '0', 0);

-- Whether each entry of the merchant's days up to this one has been acknowledged. A position of another generation says
-- nothing: then all rows count that are still there.
CREATE FUNCTION days_are_acknowledged(merchant text, day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM (
            SELECT convert_from(event, 'UTF8')::jsonb AS event FROM outbox
            WHERE (xid, seq) > (
                SELECT CASE WHEN current THEN xid ELSE '0' END, CASE WHEN current THEN seq ELSE 0 END
                FROM (
                    SELECT acknowledged.*, generation = (SELECT generation FROM outbox_generation) AS current
                    FROM acknowledged
                ) AS noted
            )
        ) AS waiting
        WHERE event ->> 'subject' = merchant AND (event -> 'data' ->> 'business_date')::date <= day
    )
$$;
REVOKE EXECUTE ON FUNCTION days_are_acknowledged(text, date) FROM PUBLIC;
"""

DOWN = """
DROP FUNCTION days_are_acknowledged(text, date);
DROP TABLE acknowledged;
DROP TABLE day_closes;
DROP FUNCTION refuse_to_change_day_closes();
ALTER TABLE merchants DROP COLUMN closed_through;
"""


def upgrade() -> None:
    run_sql(UP)
    grant(
        "SELECT, INSERT ON day_closes",
        "SELECT, UPDATE ON acknowledged",
        "EXECUTE ON FUNCTION days_are_acknowledged(text, date)",
    )


def downgrade() -> None:
    run_sql(DOWN)
