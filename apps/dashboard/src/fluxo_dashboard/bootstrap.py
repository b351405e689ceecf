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
from fluxo_dashboard.sign_in.session import SessionCookie
from fluxo_dashboard.web.desk import Desk
from fluxo_dashboard.web.rendering import Templates
from fluxo_dashboard.web.static_files import StaticFiles


async def run_dashboard(settings: DashboardSettings, stop: asyncio.Event) -> None:
    """Serve the pages until asked to stop."""
    configure_logging(settings, "fluxo-dashboard")
    async with AsyncExitStack() as opened:
        opened.enter_context(exported_as_configured(settings, "fluxo-dashboard"))
        entries = await opened.enter_async_context(ServiceClient("entries", settings.entries_url))
        balances = await opened.enter_async_context(ServiceClient("balances", settings.balances_url))
        tokens = DevelopmentIssuer(Path(settings.dashboard_development_issuer or ""))
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
        # Ready without either service: the pages say what is missing.
        health = Health()
        health.add("entries-circuit", entries.breaker.observe, required=False)
        health.add("balances-circuit", balances.breaker.observe, required=False)

        async def end_streams() -> None:
            await stop.wait()
            changes.close()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(end_streams())
            tasks.create_task(serve(create_dashboard_app(desk, health=health, static=static), settings, stop))
