"""The migrating process. Alembic is imported only here and only when it runs."""

from typing import Final
from urllib.parse import urlsplit

from fluxo_balances.settings import MigrateSettings

SCRIPTS: Final = "fluxo_balances:migrations"


def migrate(*, owner_url: str, app_role: str | None) -> None:
    """Bring the schema up to date as its owner, and grant the application's role what it needs and no more."""
    from fluxo_chassis.migrations import migrate as upgrade  # noqa: PLC0415 - see above

    upgrade(SCRIPTS, owner_url=owner_url, app_role=app_role)


def migrate_by_settings(settings: MigrateSettings) -> None:
    """Migrate as the owner; the application's role is the user of its own URL."""
    from fluxo_chassis.observability.logs import configure_logging  # noqa: PLC0415 - see above

    configure_logging(settings, "fluxo-balances")
    owner_url = settings.balances_migration_database_url or settings.balances_database_url
    app_role = urlsplit(settings.balances_database_url).username
    migrate(owner_url=owner_url, app_role=app_role if app_role != urlsplit(owner_url).username else None)
