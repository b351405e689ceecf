"""The dashboard as a process is put together: over real sockets, with a provider that is not there."""

import asyncio

import httpx2
import pytest
from fluxo_dashboard.bootstrap import run_dashboard
from fluxo_dashboard.settings import DashboardSettings

from tests.harness.ports import free_port
from tests.harness.waiting import until_somebody_listens

pytestmark = pytest.mark.anyio


@pytest.fixture
async def address(logging_restored):
    port, nobody = free_port(), free_port()
    settings = DashboardSettings(
        port=port,
        dashboard_url=f"http://127.0.0.1:{port}",
        dashboard_session_key="k" * 32,
        oidc_issuer=f"http://127.0.0.1:{nobody}",
        oidc_client_id="fluxo-dashboard",
        entries_url=f"http://127.0.0.1:{nobody}",
        balances_url=f"http://127.0.0.1:{nobody}",
    )
    stop = asyncio.Event()
    process = asyncio.create_task(run_dashboard(settings, stop))
    await until_somebody_listens(port, process.done)
    yield settings.dashboard_url
    stop.set()
    await process


async def test_it_is_ready_without_provider_and_services_and_says_which_it_misses(address):
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
        assert (await http.get("/health/ready")).status_code == 200
        page = await http.get("/sign-in", headers={"Accept-Language": "en"})
        assert 'href="/sign-in/start?next=/"' in page.text
        away = await http.get("/sign-in/start", headers={"Accept-Language": "en"})
        assert away.status_code == 503
        assert "The identity provider cannot be reached" in away.text
        assert "identity-provider-circuit" in (await http.get("/health")).text
