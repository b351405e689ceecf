"""What the dashboard needs to know, from FLUXO_* environment variables."""

from typing import ClassVar, Self
from urllib.parse import urlsplit

from fluxo_chassis.settings import PREFIX, ProcessSettings
from pydantic import Field, SecretStr, model_validator


class DashboardSettings(ProcessSettings):
    """`python -m fluxo_dashboard`."""

    process: ClassVar[str] = "dashboard"

    port: int = Field(default=8000, ge=0, le=65535)

    dashboard_url: str = Field(default="http://127.0.0.1:8000", pattern=r"^https?://[^/]+$")
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

    @property
    def is_behind_tls(self) -> bool:
        return urlsplit(self.dashboard_url).scheme == "https"

    @model_validator(mode="after")
    def _refuse_in_production_what_only_development_may_do(self) -> Self:
        if self.environment == "production":
            if self.dashboard_development_issuer is not None:
                raise ValueError(f"{PREFIX}DASHBOARD_DEVELOPMENT_ISSUER must not be set in production.")
            if not self.is_behind_tls:
                raise ValueError(f"{PREFIX}DASHBOARD_URL must be an https:// address in production.")
        return self
