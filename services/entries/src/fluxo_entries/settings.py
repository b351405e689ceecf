from typing import ClassVar

from fluxo_chassis.settings import AuthSettings, CorsSettings, PostgresUrl, ProcessSettings, RateSettings, RedisUrl
from fluxo_contracts.signatures import EventKeys, keys_of
from pydantic import Field, SecretStr, field_validator


class DatabaseSettings(ProcessSettings):
    entries_database_url: PostgresUrl
    """The entries database, as the application's role."""


class ApiSettings(DatabaseSettings, AuthSettings, CorsSettings, RateSettings):
    process: ClassVar[str] = "entries-api"
    port: int = Field(default=8001, ge=0, le=65535)


class SealSettings(DatabaseSettings):
    seals_key: SecretStr | None = None
    """What relays seal entries with, and `verify --chain` and backups ask for: one key, or several with commas between,
    newest first; each stays in the list. Without one nothing is sealed."""

    @field_validator("seals_key")
    @classmethod
    def _refuse_bad_keys(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            keys_of(key.get_secret_value())
        return key

    def seal_keys(self) -> list[str]:
        return [] if self.seals_key is None else keys_of(self.seals_key.get_secret_value())


class RelaySettings(SealSettings):
    process: ClassVar[str] = "entries-relay"
    port: int = Field(default=8011, ge=0, le=65535)

    streams_url: RedisUrl
    """The Redis server of the stream."""

    events_key: SecretStr | None = None
    """What relays sign events with, and projectors ask for: one key, or several with commas between, newest first."""

    outbox_keep_h: float = Field(default=24, ge=0)
    """How many hours outbox rows stay at least after everybody has acknowledged them."""

    @field_validator("events_key")
    @classmethod
    def _refuse_short_keys(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            EventKeys.of(key.get_secret_value())
        return key

    def event_keys(self) -> EventKeys | None:
        return None if self.events_key is None else EventKeys.of(self.events_key.get_secret_value())


class MigrateSettings(DatabaseSettings):
    process: ClassVar[str] = "entries-migrate"

    entries_migration_database_url: PostgresUrl | None = None
    """The same as the owner of the tables; by default the application's role is the owner."""

    entries_api_database_url: PostgresUrl | None = None
    """The same as the role of the API alone, which is granted what an API does, and held to the merchants it names."""


class TotalsSettings(DatabaseSettings):
    process: ClassVar[str] = "entries-totals"


class ChainSettings(SealSettings):
    process: ClassVar[str] = "entries-chain"


class ReplaySettings(DatabaseSettings):
    process: ClassVar[str] = "entries-replay"
