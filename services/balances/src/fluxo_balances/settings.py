"""What each process needs to know, from FLUXO_* environment variables."""

from typing import ClassVar

from fluxo_chassis.settings import AuthSettings, CorsSettings, PostgresUrl, ProcessSettings, RateSettings, RedisUrl
from fluxo_contracts.signatures import EventKeys
from pydantic import Field, SecretStr, field_validator


class DatabaseSettings(ProcessSettings):
    """`python -m fluxo_balances totals`: the read model's database, as the application's role."""

    process: ClassVar[str] = "balances-totals"

    balances_database_url: PostgresUrl
    """The balances database, as the application's role."""


class ApiSettings(DatabaseSettings, AuthSettings, CorsSettings, RateSettings):
    """`python -m fluxo_balances api`."""

    process: ClassVar[str] = "balances-api"

    port: int = Field(default=8002, ge=0, le=65535)

    cache_url: RedisUrl
    """The Redis server of the cache."""


class SignedEventsSettings(ProcessSettings):
    events_key: SecretStr | None = None
    """What relays sign events with, and projectors ask for: one key, or several with commas between, newest first."""

    @field_validator("events_key")
    @classmethod
    def _refuse_short_keys(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            EventKeys.of(key.get_secret_value())
        return key

    def event_keys(self) -> EventKeys | None:
        return None if self.events_key is None else EventKeys.of(self.events_key.get_secret_value())


class ProjectorSettings(DatabaseSettings, SignedEventsSettings):
    """`python -m fluxo_balances projector`. `instance` is its name in the consumer group."""

    process: ClassVar[str] = "balances-projector"

    port: int = Field(default=8012, ge=0, le=65535)

    streams_url: RedisUrl
    """The Redis server of the stream."""

    cache_url: RedisUrl
    """The Redis server of the cache."""

    projector_batch_size: int = Field(default=2_000, ge=1, le=5_000)
    """How many events one transaction applies at most."""

    projector_take_over_idle_s: float = Field(default=30, gt=0)
    """An event that another instance got and did not acknowledge for so long is taken over; longer than two batches."""


class RedisSettings(ProcessSettings):
    """`python -m fluxo_balances empty-redis`."""

    process: ClassVar[str] = "balances-empty-redis"

    streams_url: RedisUrl
    cache_url: RedisUrl


class DeadLetterSettings(DatabaseSettings, RedisSettings, SignedEventsSettings):
    """`python -m fluxo_balances dead-letters`."""

    process: ClassVar[str] = "balances-dead-letters"


class MigrateSettings(DatabaseSettings):
    """`python -m fluxo_balances migrate`."""

    process: ClassVar[str] = "balances-migrate"

    balances_migration_database_url: PostgresUrl | None = None
    """The same as the owner of the tables; by default the application's role is the owner."""

    balances_api_database_url: PostgresUrl | None = None
    """The same as the role of the API alone, which is granted what an API does, and held to the merchants it names."""


class RebuildSettings(MigrateSettings):
    """`python -m fluxo_balances rebuild`, as the owner of the tables."""

    process: ClassVar[str] = "balances-rebuild"

    cache_url: RedisUrl
