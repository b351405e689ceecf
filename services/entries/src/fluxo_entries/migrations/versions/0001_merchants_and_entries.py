"""Merchants and their entries."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = """
CREATE TABLE merchants (
    merchant_id text COLLATE "C" PRIMARY KEY,
    name        text NOT NULL,
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone   text NOT NULL,
    -- What entries refer to, so that the currency stays as it is from the first entry on.
    UNIQUE (merchant_id, currency)
);

CREATE TABLE entries (
    id            uuid PRIMARY KEY,
    merchant_id   text COLLATE "C" NOT NULL,
    direction     text NOT NULL CHECK (direction IN ('credit', 'debit')),
    amount_minor  bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 99999999999999),
    currency      text NOT NULL,
    business_date date NOT NULL,
    description   text NOT NULL CHECK (char_length(description) BETWEEN 1 AND 200),
    category      text CHECK (char_length(category) BETWEEN 1 AND 60),
    reverses      uuid CONSTRAINT entries_reverses_fkey REFERENCES entries (id) CHECK (reverses <> id),
    recorded_at   timestamptz NOT NULL,
    CONSTRAINT entries_currency_fkey FOREIGN KEY (merchant_id, currency) REFERENCES merchants (merchant_id, currency)
);

-- An entry is reversed once at most, whoever asks at the same time.
CREATE UNIQUE INDEX entries_reverses_once ON entries (reverses) WHERE reverses IS NOT NULL;

-- Lists, read backwards: newest business date first. Totals by day, read forwards.
CREATE INDEX entries_by_day ON entries (merchant_id, business_date, id);

-- Entries are never changed or deleted, by nobody: a correction is a reversal.
CREATE FUNCTION refuse_to_change_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are immutable: % is refused, record a reversal', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER entries_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_entries();
"""

DOWN = """
DROP TABLE entries;
DROP FUNCTION refuse_to_change_entries();
DROP TABLE merchants;
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT, UPDATE ON merchants", "SELECT, INSERT ON entries")


def downgrade() -> None:
    run_sql(DOWN)
