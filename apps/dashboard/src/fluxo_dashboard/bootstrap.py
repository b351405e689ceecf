"""The dashboard process: which parts it runs with."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from fluxo_chassis.health import Health
from fluxo_chassis.http.server import serve
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces.spans import exported_as_configured

from fluxo_dashboard.app import create_dashboard_app
from fluxo_dashboard.live.changes import Changes
from fluxo_dashboard.services.client import ServiceClient
from fluxo_dashboard.services.merchants import Merchants
from fluxo_dashboard.settings import DashboardSettings
from fluxo_dashboard.sign_in.development import DevelopmentIssuer
from fluxo_dashboard.sign_in.openid import OpenIdConnect
from fluxo_dashboard.sign_in.provider import Provider
from fluxo_dashboard.sign_in.session import SessionCookie
from fluxo_dashboard.sign_in.start import StartCookie
from fluxo_dashboard.sign_in.tokens import AccessTokens
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.rendering import Templates
from fluxo_dashboard.web.static_files import StaticFiles
from fluxo_dashboard.web.visit import CALLBACK, SIGN_IN


async def run_dashboard(settings: DashboardSettings, stop: asyncio.Event) -> None:
    """Serve the pages until asked to stop."""
    configure_logging(settings, "fluxo-dashboard")
    async with AsyncExitStack() as opened:
        opened.enter_context(exported_as_configured(settings, "fluxo-dashboard"))
        entries = await opened.enter_async_context(ServiceClient("entries", settings.entries_url))
        balances = await opened.enter_async_context(ServiceClient("balances", settings.balances_url))
        # Ready without either service, and without the provider: the pages say what is missing.
        health = Health()
        tokens = await _tokens(settings, opened, health)
        changes = Changes(balances, tokens)
        static = StaticFiles()
        desk = Desk(
            entries=entries,
            balances=balances,
            merchants=Merchants(entries),
            changes=changes,
            tokens=tokens,
            cookie=SessionCookie(
                settings.dashboard_session_key.get_secret_value(), is_behind_tls=settings.is_behind_tls
            ),
            templates=Templates(static.address),
            origin=settings.dashboard_url,
            is_behind_tls=settings.is_behind_tls,
        )
        health.add("entries-circuit", entries.breaker.observe, required=False)
        health.add("balances-circuit", balances.breaker.observe, required=False)

        async def end_streams() -> None:
            await stop.wait()
            changes.close()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(end_streams())
            tasks.create_task(serve(create_dashboard_app(desk, health=health, static=static), settings, stop))


async def _tokens(settings: DashboardSettings, opened: AsyncExitStack, health: Health) -> AccessTokens:
    if settings.dashboard_development_issuer is not None:
        return DevelopmentIssuer(Path(settings.dashboard_development_issuer))
    assert settings.oidc_issuer is not None  # noqa: S101 - settings are refused without either
    assert settings.oidc_client_id is not None  # noqa: S101 - and with one without the other
    secret, key = settings.oidc_client_secret, settings.dashboard_session_key.get_secret_value()
    provider = Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        None if secret is None else secret.get_secret_value(),
        scopes=settings.oidc_scopes,
        redirect_uri=settings.dashboard_url + CALLBACK,
    )
    await opened.enter_async_context(provider)
    health.add("identity-provider-circuit", provider.breaker.observe, required=False)
    start = StartCookie(key, is_behind_tls=settings.is_behind_tls)
    return OpenIdConnect(provider, start, signed_out_at=settings.dashboard_url + SIGN_IN)
