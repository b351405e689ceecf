"""What each process needs to know, from FLUXO_* environment variables."""

from typing import Annotated, ClassVar

from fluxo_chassis.settings import AuthSettings, ProcessSettings
from pydantic import Field

Url = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(gt=0)]


class DatabaseSettings(ProcessSettings):
    """`python -m fluxo_balances totals`: the read model's database, as the application's role."""

    process: ClassVar[str] = "balances-totals"

    balances_database_url: Url


class ApiSettings(DatabaseSettings, AuthSettings):
    """`python -m fluxo_balances api`."""

    process: ClassVar[str] = "balances-api"

    port: Port = 8002
    cache_url: Url


class ProjectorSettings(DatabaseSettings):
    """`python -m fluxo_balances projector`.

    `instance` is its name in the consumer group. An event that another instance got and did not acknowledge for
    `projector_take_over_idle_s` is taken over; set it well above the time that a batch takes.
    """

    process: ClassVar[str] = "balances-projector"

    port: Port = 8012
    streams_url: Url
    cache_url: Url
    projector_batch_size: Annotated[int, Field(ge=1, le=5_000)] = 1_000
    projector_take_over_idle_s: Seconds = 30.0


class RedisSettings(ProcessSettings):
    """`python -m fluxo_balances empty-redis`."""

    process: ClassVar[str] = "balances-empty-redis"

    streams_url: Url
    cache_url: Url


class DeadLetterSettings(DatabaseSettings, RedisSettings):
    """`python -m fluxo_balances dead-letters`."""

    process: ClassVar[str] = "balances-dead-letters"


class MigrateSettings(DatabaseSettings):
    """`python -m fluxo_balances migrate`; the owner's URL defaults to the application's."""

    process: ClassVar[str] = "balances-migrate"

    balances_migration_database_url: Url | None = None


class RebuildSettings(MigrateSettings):
    """`python -m fluxo_balances rebuild`, as the owner of the tables."""

    process: ClassVar[str] = "balances-rebuild"

    cache_url: Url
