"""The two databases as backup and restore meet them: by their owners, and by the roles that work in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """The roles are those that rights are granted to; empty where that is the owner, or the API has none of its own."""

    service: str
    owner_url: str
    app_role: str
    api_role: str


def service_database(service: str, environment: Mapping[str, str]) -> ServiceDatabase:
    variable = f"FLUXO_{service.upper()}"
    app_url = environment[f"{variable}_DATABASE_URL"]
    owner_url = environment.get(f"{variable}_MIGRATION_DATABASE_URL") or app_url
    app_role = "" if _user(app_url) == _user(owner_url) else _user(app_url)
    return ServiceDatabase(service, owner_url, app_role, _user(environment.get(f"{variable}_API_DATABASE_URL", "")))


def _user(url: str) -> str:
    return unquote(urlsplit(url).username or "")
