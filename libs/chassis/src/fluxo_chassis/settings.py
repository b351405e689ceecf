"""Configuration by environment variables only, checked once at start."""

import os
import re
import socket
import sys
from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal, NoReturn, Self, TypeVar, get_args

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

PREFIX = "FLUXO_"
DEVELOPMENT_ISSUER = "fluxo-development"
BAD_CONFIGURATION = 2

CONFIG = SettingsConfigDict(
    env_prefix=PREFIX,
    extra="ignore",
    env_ignore_empty=True,
    hide_input_in_errors=True,
)

Environment = Literal["development", "production"]
LogDestination = Literal["stdout", "file", "otlp"]
_ORIGIN = re.compile(r"(https?)://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_OWN_PORT = {"http": "80", "https": "443"}
PostgresUrl = Annotated[str, Field(pattern=r"^postgres(ql)?://")]


def _redis_url(url: str) -> str:
    from fluxo_chassis.redis.address import Address  # noqa: PLC0415 - its room is for those who speak to a Redis

    Address.parse(url)
    return url


RedisUrl = Annotated[str, AfterValidator(_redis_url)]


class ProcessSettings(BaseSettings):
    """How every process is configured: where it listens, what it is called, how and to where it logs.

    The text under a setting is also what the reference says of it.
    """

    model_config = CONFIG

    process: ClassVar[str] = "process"
    """First part of the default instance name; each process overrides it."""

    environment: Environment = "development"
    """In production what only development may do is refused, such as the development issuer. Not by default where
    FLUXO_HOST is more than this machine's own address."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lines below it are not written. SIGUSR1 makes it debug, SIGUSR2 what is configured."""

    log_format: Literal["auto", "json", "console"] = "auto"
    """JSON in ECS, or colours for people; auto is for people on a terminal."""

    log_destinations: Annotated[tuple[LogDestination, ...], NoDecode] = ("stdout",)
    """One, or several with commas between."""

    log_file: str | None = None
    """Where the destination `file` writes; it may contain `{instance}`."""

    log_file_max_mb: int = Field(default=50, ge=1)
    """A file that is as large is put aside, and a new one begun."""

    log_files_kept: int = Field(default=5, ge=1)
    """How many that were put aside are kept."""

    log_hash_key: SecretStr | None = Field(default=None, min_length=16)
    """What tenants are hashed with in the log, the same in all processes. Without it they can be guessed."""

    otlp_endpoint: str | None = Field(default=None, pattern=r"^https?://")
    """Base URL of an OpenTelemetry collector, such as `http://collector:4318`; without one no spans are sent."""

    traces_sampled: float = Field(default=1.0, ge=0, le=1)
    """Share of the traces whose spans are sent, whoever began them; the same in all processes."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on; health and metrics, and for an API everything else too."""

    instance: str = Field(default="", max_length=128)
    """Its name in logs, metrics and the consumer group; by default made of process, host and pid."""

    @field_validator("log_destinations", mode="before")
    @classmethod
    def _split_destinations(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
        if not set(names) <= set(get_args(LogDestination)):
            raise ValueError(f"It takes {', '.join(get_args(LogDestination))}, or several of them with commas between")
        return names

    @model_validator(mode="after")
    def _give_destinations_what_they_need(self) -> Self:
        for destination, needed in (("file", "log_file"), ("otlp", "otlp_endpoint")):
            if destination in self.log_destinations and getattr(self, needed) is None:
                raise ValueError(
                    f"{PREFIX}{needed.upper()} is not set, and {PREFIX}LOG_DESTINATIONS has {destination} in it."
                )
        return self

    @model_validator(mode="after")
    def _say_what_is_public(self) -> Self:
        if "environment" not in self.model_fields_set and not _is_loopback(self.host):
            raise ValueError(
                f"{PREFIX}ENVIRONMENT is not set, and {PREFIX}HOST is an address that others reach: "
                "say production, or development."
            )
        return self

    @model_validator(mode="after")
    def _name_the_instance(self) -> Self:
        if not self.instance:
            self.instance = f"{self.process}-{socket.gethostname()}-{os.getpid()}"
        return self


class AuthSettings(BaseSettings):
    """Whose tokens are accepted. Mix it into a `ProcessSettings` of a process that answers callers."""

    model_config = CONFIG

    environment: Environment = "development"

    auth_jwks_url: str = Field(pattern=r"^(https?|file)://")
    """Where the issuer's public keys are (JWKS)."""

    auth_issuer: str = DEVELOPMENT_ISSUER
    """What a token's `iss` must be."""

    auth_audience: str = "fluxo"
    """What a token's `aud` must hold."""

    @model_validator(mode="after")
    def _refuse_development_keys_in_production(self) -> Self:
        if self.environment == "production":
            if self.auth_issuer == DEVELOPMENT_ISSUER:
                raise ValueError(f"{PREFIX}AUTH_ISSUER must not be the development issuer in production.")
            if not self.auth_jwks_url.startswith("https://"):
                raise ValueError(f"{PREFIX}AUTH_JWKS_URL must be an https:// URL in production.")
        return self


class RateSettings(BaseSettings):
    """How much may be asked for. Mix it into a `ProcessSettings` of a process that answers callers."""

    model_config = CONFIG

    rate_limit_per_s: float | None = Field(default=None, ge=1)
    """What one tenant may ask of this process in a second, in the price of an answer at hand, and ten times as much
    at once; more is 429. No limit by default."""


class CorsSettings(BaseSettings):
    """Which pages may call from a browser. Mix it into a `ProcessSettings` of a process that answers callers."""

    model_config = CONFIG

    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call from a browser, such as `https://app.example`; several with commas between."""

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(dict.fromkeys(origin.strip() for origin in value.split(",")))
        if not all(map(is_origin, origins)):
            raise ValueError(
                "It takes origins as browsers send them, scheme, host and port in small letters: no path, no *, and "
                "no port where it is the scheme's own"
            )
        return origins


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_origin(text: str) -> bool:
    """Whether a browser could send it as `Origin`: any other would be allowed in vain."""
    found = _ORIGIN.fullmatch(text)
    return found is not None and _OWN_PORT.get(found[1]) != found[2]


S = TypeVar("S", bound=BaseSettings)


def load(settings_type: type[S]) -> S:
    """The settings, or exit code 2 after one sentence for each variable that is missing or wrong."""
    try:
        return settings_type()
    except ValidationError as error:
        sentences = [
            _sentence(
                ".".join(str(part) for part in problem["loc"]),
                problem["type"],
                problem["msg"],
                settings_type.model_config,
            )
            for problem in error.errors(include_input=False, include_url=False)
        ]
    except SettingsError as error:
        sentences = [f"{error}."]
    return refuse(*sentences)


def refuse(*sentences: str) -> NoReturn:
    """End the process, as waiting would not help: exit code 2 after the sentences."""
    sys.stderr.write("".join(f"{sentence}\n" for sentence in sentences))
    raise SystemExit(BAD_CONFIGURATION)


def _sentence(field: str, kind: str, message: str, config: SettingsConfigDict) -> str:
    if not field:
        return message.removeprefix("Value error, ")
    variable = f"{config.get('env_prefix', '')}{field}".upper()
    if kind == "missing":
        return f"{variable} is not set."
    return f"{variable} is not valid: {message.removeprefix('Value error, ').removesuffix('.')}."
