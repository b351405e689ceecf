"""The migrating process."""

from typing import Final

from fluxo_chassis import migrations
from fluxo_chassis.migrations import TenantRole, api_role_of, app_role_of
from fluxo_chassis.observability.logs import configure_logging

from fluxo_balances.settings import MigrateSettings

SCRIPTS: Final = "fluxo_balances:migrations"

API_RIGHTS: Final = (
    "SELECT ON inbox, merchants, merchant_settings, day_totals, month_totals, category_totals, category_names",
    "SELECT ON api_keys",
    "EXECUTE ON FUNCTION find_api_key(uuid), note_api_key_use(uuid)",
)
"""All that the API's role may do: it reads, and notes which API keys are used."""


def migrate(*, owner_url: str, app_role: str | None, api_role: str | None = None) -> None:
    """Bring the schema up to date as its owner, and grant each role what it needs and no more.

    Once there is a role for the API, rows are for those who name their merchant, and for `app_role`.
    """
    tenant_role = None if api_role is None else TenantRole(api_role, "merchant_id", API_RIGHTS)
    migrations.migrate(SCRIPTS, owner_url=owner_url, app_role=app_role, tenant_role=tenant_role)


def migrate_by_settings(settings: MigrateSettings) -> None:
    """Migrate as the owner; the other roles are the users of their own URLs."""
    configure_logging(settings, "fluxo-balances")
    owner_url = settings.balances_migration_database_url or settings.balances_database_url
    app_role = app_role_of(settings.balances_database_url, owner_url)
    api_role = api_role_of(settings.balances_api_database_url, owner_url, app_role)
    migrate(owner_url=owner_url, app_role=app_role, api_role=api_role)
