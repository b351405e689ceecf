"""Entries as the API reads them: those of the merchants that its statement has named (ADR 0039)."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql
from fluxo_chassis.postgres.tenants import IS_NAMED

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A policy on the table would keep the indexes by category and by word from being used, because what they hold are
    # functions that need not keep a secret to themselves. Nobody writes functions here.
    run_sql(f"CREATE VIEW own_entries AS SELECT * FROM entries WHERE merchant_id = {IS_NAMED}")  # noqa: S608 - a constant
    grant("SELECT ON own_entries")


def downgrade() -> None:
    run_sql("DROP VIEW own_entries")
