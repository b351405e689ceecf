"""Why a line is not new, as a code; and lines whose entry was reversed, which may be recorded again (ADR 0043)."""

from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("ALTER TABLE import_lines ADD COLUMN reason_code text, ADD COLUMN instead_of uuid")
    grant(
        "UPDATE (reason_code, instead_of) ON import_lines",
        "UPDATE (entry_id, account, has_bank_id) ON imported_lines",
    )


def downgrade() -> None:
    run_sql("ALTER TABLE import_lines DROP COLUMN reason_code, DROP COLUMN instead_of")
