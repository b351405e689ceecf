"""What the dashboard needs to know, from FLUXO_* environment variables."""

from typing import ClassVar, Self
from urllib.parse import urlsplit

from fluxo_chassis.settings import PREFIX, ProcessSettings, is_origin
from pydantic import Field, SecretStr, field_validator, model_validator


class DashboardSettings(ProcessSettings):
    """`python -m fluxo_dashboard`."""

    process: ClassVar[str] = "dashboard"

    port: int = Field(default=8000, ge=0, le=65535)

    dashboard_url: str = "http://127.0.0.1:8000"
    """Where browsers find it, without a path. Behind TLS `https://…`: cookies are then for TLS only."""

    dashboard_session_key: SecretStr = Field(min_length=32)
    """What session cookies are encrypted with, at least 32 characters; the same for all instances. Another one ends all
    sessions."""

    entries_url: str = Field(default="http://127.0.0.1:8001", pattern=r"^https?://")
    """Where the dashboard asks the entries API."""

    balances_url: str = Field(default="http://127.0.0.1:8002", pattern=r"^https?://")
    """Where the dashboard asks the balances API."""

    dashboard_development_issuer: str | None = None
    """Directory of the development issuer: people sign in by the link that `fluxo open` makes."""

    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://")
    """The OpenID Connect provider that people sign in with, exactly as it names itself (`iss`)."""

    oidc_client_id: str | None = None
    """What the dashboard is called there. Its redirect address is `FLUXO_DASHBOARD_URL` with `/sign-in/callback`."""

    oidc_client_secret: SecretStr | None = None
    """Its secret; without one it is a public client, and PKCE alone stands for it."""

    oidc_scopes: str = "openid profile offline_access"
    """What is asked for, with spaces between. `offline_access` is what many providers give refresh tokens for."""

    @field_validator("dashboard_url")
    @classmethod
    def _is_as_browsers_write_it(cls, url: str) -> str:
        if not is_origin(url):
            raise ValueError(
                "It takes scheme, host and port in small letters, and no port where it is the scheme's own"
            )
        return url

    @property
    def is_behind_tls(self) -> bool:
        return urlsplit(self.dashboard_url).scheme == "https"

    @model_validator(mode="after")
    def _have_one_way_to_sign_in(self) -> Self:
        if self.oidc_issuer is not None and self.dashboard_development_issuer is not None:
            raise ValueError(f"{PREFIX}OIDC_ISSUER and {PREFIX}DASHBOARD_DEVELOPMENT_ISSUER exclude each other.")
        if self.oidc_issuer is None and self.dashboard_development_issuer is None:
            raise ValueError(f"{PREFIX}OIDC_ISSUER is not set: nobody could sign in.")
        if self.oidc_issuer is not None and not self.oidc_client_id:
            raise ValueError(f"{PREFIX}OIDC_CLIENT_ID is not set, and {PREFIX}OIDC_ISSUER is.")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError(f"{PREFIX}OIDC_SCOPES must have openid in it.")
        return self

    @model_validator(mode="after")
    def _refuse_in_production_what_only_development_may_do(self) -> Self:
        if self.environment == "production":
            if self.dashboard_development_issuer is not None:
                raise ValueError(f"{PREFIX}DASHBOARD_DEVELOPMENT_ISSUER must not be set in production.")
            if not self.is_behind_tls:
                raise ValueError(f"{PREFIX}DASHBOARD_URL must be an https:// address in production.")
            if self.oidc_issuer is not None and not self.oidc_issuer.startswith("https://"):
                raise ValueError(f"{PREFIX}OIDC_ISSUER must be an https:// address in production.")
        return self
