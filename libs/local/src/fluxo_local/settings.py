from pydantic_settings import BaseSettings, SettingsConfigDict

from fluxo_local.issuer import AUDIENCE, ISSUER
from fluxo_local.services import SERVICES, Service


class Settings(BaseSettings):
    """What the environment says about servers that already run. What it leaves out, `fluxo up` starts itself."""

    model_config = SettingsConfigDict(env_prefix="FLUXO_", env_ignore_empty=True, extra="ignore")

    entries_database_url: str | None = None
    balances_database_url: str | None = None
    entries_api_database_url: str | None = None
    balances_api_database_url: str | None = None
    entries_migration_database_url: str | None = None
    balances_migration_database_url: str | None = None
    streams_url: str | None = None
    cache_url: str | None = None
    auth_jwks_url: str | None = None
    auth_issuer: str = ISSUER
    auth_audience: str = AUDIENCE
    log_hash_key: str | None = None
    events_key: str | None = None
    seals_key: str | None = None
    cors_origins: str | None = None
    dashboard_url: str | None = None
    dashboard_session_key: str | None = None
    oidc_issuer: str | None = None

    def database_url(self, service: Service) -> str | None:
        """The URL that the service works with, None where the embedded server has its database."""
        url: str | None = getattr(self, f"{service.name}_database_url")
        return url

    def api_url(self, service: Service) -> str | None:
        """The URL that its API works with, None where that is the same."""
        url: str | None = getattr(self, f"{service.name}_api_database_url")
        return url

    def migration_url(self, service: Service) -> str | None:
        """The URL of the owner of its schema, None where that is the same."""
        url: str | None = getattr(self, f"{service.name}_migration_database_url")
        return url

    def databases(self) -> dict[str, str]:
        """The URLs of databases that are given, by their variables."""
        given = {
            variable: url
            for service in SERVICES
            for variable, url in (
                (service.database_variable, self.database_url(service)),
                (service.api_variable, self.api_url(service)),
                (service.migration_variable, self.migration_url(service)),
            )
        }
        return {variable: url for variable, url in given.items() if url is not None}

    def has_page(self) -> bool:
        """Whether anybody could sign in there: by links of the development issuer, or at a provider."""
        return self.auth_jwks_url is None or self.oidc_issuer is not None

    def has_all_databases(self) -> bool:
        return all(self.database_url(service) for service in SERVICES)
