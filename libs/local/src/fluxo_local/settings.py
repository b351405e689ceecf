from pydantic_settings import BaseSettings, SettingsConfigDict

from fluxo_local.issuer import AUDIENCE, ISSUER


class Settings(BaseSettings):
    """What the environment says about servers that already run. What it leaves out, `fluxo up` starts itself."""

    model_config = SettingsConfigDict(env_prefix="FLUXO_", env_ignore_empty=True, extra="ignore")

    entries_database_url: str | None = None
    balances_database_url: str | None = None
    entries_migration_database_url: str | None = None
    balances_migration_database_url: str | None = None
    streams_url: str | None = None
    cache_url: str | None = None
    auth_jwks_url: str | None = None
    auth_issuer: str = ISSUER
    auth_audience: str = AUDIENCE
    log_hash_key: str | None = None
