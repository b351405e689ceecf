from collections.abc import Mapping
from pathlib import Path

from fluxo_local.errors import CommandError
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.process_environment import DASHBOARD_PREFIX


def page_address(data_dir: Path, environment: Mapping[str, str], merchant: str) -> str:
    """Where a browser finds the merchant's page: signed in by a one-time link of the development issuer.

    With a provider of one's own it is the page itself, where a person signs in.

    Raises:
        CommandError: the system of this environment has no page.
    """
    url = environment.get(f"{DASHBOARD_PREFIX}URL")
    if url is None:
        raise CommandError("There is no page, as nobody could sign in: set FLUXO_OIDC_ISSUER and FLUXO_OIDC_CLIENT_ID.")
    if f"{DASHBOARD_PREFIX}DEVELOPMENT_ISSUER" not in environment:
        return url
    return DevelopmentIssuer(data_dir).link(url, merchant)
