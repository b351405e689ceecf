"""What a sheet's columns mean, as its merchant says, and for which header it was confirmed (ADR 0043)."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UP = """
-- As the merchant said it when the file was sent; what it was read as.
ALTER TABLE imports ADD COLUMN columns_given text, ADD COLUMN columns jsonb;

CREATE TABLE import_mappings (
    merchant_id  text COLLATE "C" NOT NULL,
    fingerprint  text COLLATE "C" NOT NULL,
    columns      text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, fingerprint)
);
"""


def upgrade() -> None:
    run_sql(UP)
    grant("SELECT, INSERT, UPDATE (columns, confirmed_at) ON import_mappings")


def downgrade() -> None:
    run_sql("DROP TABLE import_mappings; ALTER TABLE imports DROP COLUMN columns_given, DROP COLUMN columns")
