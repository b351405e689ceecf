"""What a process does not use it does not load: a start costs CPU, and every replica the memory."""

import asyncio
import os
import subprocess
import sys

import pytest

from tests.harness.ports import free_port

FRAMEWORK = ("fastapi", "fastapi_offline", "joserfc", "httpx2")
MIGRATIONS = ("alembic", "sqlalchemy")
PAGES = ("jinja2", "babel")

NEVER_LOADED = {
    "fluxo_cli.commands.status": ("httpx2", "joserfc", "asyncpg", "pydantic_settings", "fluxo_chassis"),
    "fluxo_cli.commands.verify": ("httpx2", "joserfc", "asyncpg", "pydantic_settings"),
    "fluxo_dashboard.bootstrap": ("fastapi", "asyncpg", "redis", "hiredis", "opentelemetry.sdk", *MIGRATIONS),
    "fluxo_entries.bootstrap.api": ("hiredis", "opentelemetry.sdk", *MIGRATIONS, *PAGES),
    "fluxo_entries.bootstrap.relay": (*FRAMEWORK, *MIGRATIONS, *PAGES),
    "fluxo_entries.bootstrap.totals": (*FRAMEWORK, *MIGRATIONS, "hiredis", "uvicorn"),
    "fluxo_balances.bootstrap.api": (*MIGRATIONS, *PAGES),
    "fluxo_balances.bootstrap.projector": (*FRAMEWORK, *MIGRATIONS, *PAGES),
    "fluxo_balances.bootstrap.totals": (*FRAMEWORK, *MIGRATIONS, "hiredis", "uvicorn"),
}


@pytest.mark.parametrize("process", NEVER_LOADED)
def test_a_process_loads_nothing_that_it_does_not_use(process):
    program = f"import sys, {process}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in NEVER_LOADED[process] if name in loaded] == []


# As its own module runs it, until it answers that it is ready.
STARTED = """
import os, runpy, signal, sys, threading, time, urllib.request

def look():
    while True:
        try:
            urllib.request.urlopen("http://127.0.0.1:" + os.environ["FLUXO_PORT"] + "/health")
        except OSError:
            time.sleep(0.05)
            continue
        print(*sys.modules, file=sys.stderr)
        return os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=look, daemon=True).start()
sys.argv[1:] = [PROCESS]
runpy.run_module(SERVICE, run_name="__main__")
"""


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("service", "process"), [("entries", "api"), ("entries", "relay"), ("balances", "api"), ("balances", "projector")]
)
async def test_a_process_at_work_loads_one_redis_client_and_nothing_that_nobody_asked_for(
    service, process, entries_database, balances_database, streams_url, cache_url, tmp_path
):
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}')
    settings = {
        "FLUXO_PORT": str(free_port()),
        "FLUXO_ENTRIES_DATABASE_URL": entries_database.url,
        "FLUXO_BALANCES_DATABASE_URL": balances_database.url,
        "FLUXO_STREAMS_URL": streams_url,
        "FLUXO_CACHE_URL": cache_url,
        "FLUXO_AUTH_JWKS_URL": keys.as_uri(),
    }
    program = STARTED.replace("PROCESS", repr(process)).replace("SERVICE", repr(f"fluxo_{service}"))
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = ended.stderr.split()
    assert f"fluxo_{service}.bootstrap.{process}" in loaded
    assert {"redis", "opentelemetry.sdk", "rich", "pygments"}.isdisjoint(loaded)
