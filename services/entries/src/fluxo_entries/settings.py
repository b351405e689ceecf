from typing import Annotated, ClassVar

from fluxo_chassis.settings import AuthSettings, ProcessSettings
from pydantic import Field

PostgresUrl = Annotated[str, Field(pattern=r"^postgres(ql)?://")]
RedisUrl = Annotated[str, Field(pattern=r"^(rediss?|valkeys?|unix)://")]


class DatabaseSettings(ProcessSettings):
    entries_database_url: PostgresUrl


class ApiSettings(DatabaseSettings, AuthSettings):
    process: ClassVar[str] = "entries-api"
    port: int = Field(default=8001, ge=0, le=65535)


class RelaySettings(DatabaseSettings):
    """`outbox_keep_h`: how many hours outbox rows stay at least after everybody has acknowledged them."""

    process: ClassVar[str] = "entries-relay"
    port: int = Field(default=8011, ge=0, le=65535)
    streams_url: RedisUrl
    outbox_keep_h: float = Field(default=24, ge=0)


class MigrateSettings(DatabaseSettings):
    """Without a URL of the owner's, the application's role is the owner."""

    process: ClassVar[str] = "entries-migrate"
    entries_migration_database_url: PostgresUrl | None = None


class TotalsSettings(DatabaseSettings):
    process: ClassVar[str] = "entries-totals"


class ReplaySettings(DatabaseSettings):
    process: ClassVar[str] = "entries-replay"
