"""The migrating process."""

from typing import Final

from fluxo_chassis import migrations
from fluxo_chassis.migrations import TenantRole, api_role_of, app_role_of
from fluxo_chassis.observability.logs import configure_logging

from fluxo_entries.settings import MigrateSettings

SCRIPTS: Final = "fluxo_entries:migrations"

API_RIGHTS: Final = (
    "SELECT, INSERT, UPDATE ON merchants",
    "SELECT, INSERT ON idempotency_keys",
    "INSERT ON entries, outbox, bulk_outbox",
    "SELECT ON outbox_passed",
    "SELECT ON own_entries, seals",
    "SELECT, INSERT, UPDATE (revoked_at) ON api_keys",
    "SELECT, INSERT ON day_closes",
    "EXECUTE ON FUNCTION days_are_acknowledged(text, date)",
    "EXECUTE ON FUNCTION find_api_key(uuid), note_api_key_use(uuid)",
    "SELECT, INSERT, UPDATE, DELETE ON imports",
    "SELECT, INSERT, UPDATE (ordinal, status, reason, reason_code, duplicate_of, instead_of), DELETE ON import_lines",
    "SELECT, INSERT, UPDATE (entry_id, account, has_bank_id) ON imported_lines",
    "SELECT, INSERT, UPDATE (columns, confirmed_at) ON import_mappings",
    "EXECUTE ON FUNCTION claim_import()",
    "EXECUTE ON FUNCTION folded(text), search_text(text), search_words(text, text), search_query(text, text)",
)
"""All that the API's role may do: no event is read back, and no function of the relay's called."""


def migrate(*, owner_url: str, app_role: str | None, api_role: str | None = None) -> None:
    """Bring the schema up to date as its owner, and grant each role what it needs and no more.

    Once there is a role for the API, rows are for those who name their merchant, and for `app_role`.
    """
    tenant_role = None if api_role is None else TenantRole(api_role, "merchant_id", API_RIGHTS)
    migrations.migrate(SCRIPTS, owner_url=owner_url, app_role=app_role, tenant_role=tenant_role)


def migrate_by_settings(settings: MigrateSettings) -> None:
    """Migrate as the owner; the other roles are the users of their own URLs."""
    configure_logging(settings, "fluxo-entries")
    owner_url = settings.entries_migration_database_url or settings.entries_database_url
    app_role = app_role_of(settings.entries_database_url, owner_url)
    api_role = api_role_of(settings.entries_api_database_url, owner_url, app_role)
    migrate(owner_url=owner_url, app_role=app_role, api_role=api_role)
