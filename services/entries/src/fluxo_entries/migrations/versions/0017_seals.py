"""A chain of blocks over each merchant's entries, and how far it has come."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE seals (
    merchant_id text COLLATE "C" NOT NULL,
    number      bigint NOT NULL CHECK (number > 0),
    entry_count bigint NOT NULL,
    since       timestamptz NOT NULL,
    up_to       timestamptz NOT NULL CHECK (up_to >= since),
    ids         uuid[] NOT NULL CHECK (cardinality(ids) > 0),
    leaves      bytea[] NOT NULL CHECK (cardinality(leaves) = cardinality(ids)),
    seal        bytea NOT NULL CHECK (octet_length(seal) = 32),
    signature   bytea NOT NULL CHECK (octet_length(signature) = 64),
    public_key  bytea NOT NULL CHECK (octet_length(public_key) = 32),
    PRIMARY KEY (merchant_id, number)
);
-- Hashes do not become shorter.
ALTER TABLE seals ALTER COLUMN ids SET STORAGE EXTERNAL, ALTER COLUMN leaves SET STORAGE EXTERNAL;

CREATE FUNCTION refuse_to_change_seals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'seals are immutable: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER seals_are_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_seals();

-- The outbox's row that was come to last, and the entry: null when those from before are sealed.
CREATE TABLE sealing (
    generation integer NOT NULL,
    xid        xid8 NOT NULL,
    seq        bigint NOT NULL,
    scanned    uuid,
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO sealing VALUES (0, '0', 0, '00000000-0000-0000-0000-000000000000');
"""

DOWN = """
DROP TABLE sealing;
DROP TABLE seals;
DROP FUNCTION refuse_to_change_seals();
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT ON seals", "SELECT, UPDATE ON sealing")


def downgrade() -> None:
    run_sql(DOWN)
