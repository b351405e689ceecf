"""The migrating process."""

from typing import Final

from fluxo_chassis import migrations
from fluxo_chassis.migrations import app_role_of
from fluxo_chassis.observability.logs import configure_logging

from fluxo_balances.settings import MigrateSettings

SCRIPTS: Final = "fluxo_balances:migrations"


def migrate(*, owner_url: str, app_role: str | None) -> None:
    """Bring the schema up to date as its owner, and grant the application's role what it needs and no more."""
    migrations.migrate(SCRIPTS, owner_url=owner_url, app_role=app_role)


def migrate_by_settings(settings: MigrateSettings) -> None:
    """Migrate as the owner; the application's role is the user of its own URL."""
    configure_logging(settings, "fluxo-balances")
    owner_url = settings.balances_migration_database_url or settings.balances_database_url
    migrate(owner_url=owner_url, app_role=app_role_of(settings.balances_database_url, owner_url))
