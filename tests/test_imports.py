"""What a process does not use it does not load: a start costs CPU, and every replica the memory."""

import subprocess
import sys

import pytest

FRAMEWORK = ("fastapi", "fastapi_offline", "joserfc", "httpx2")
MIGRATIONS = ("alembic", "sqlalchemy")

NEVER_LOADED = {
    "fluxo_entries.bootstrap.api": ("redis", "opentelemetry.sdk", *MIGRATIONS),
    "fluxo_entries.bootstrap.relay": (*FRAMEWORK, *MIGRATIONS),
    "fluxo_entries.bootstrap.totals": (*FRAMEWORK, *MIGRATIONS, "redis", "uvicorn"),
    "fluxo_balances.bootstrap.api": MIGRATIONS,
    "fluxo_balances.bootstrap.projector": (*FRAMEWORK, *MIGRATIONS),
    "fluxo_balances.bootstrap.totals": (*FRAMEWORK, *MIGRATIONS, "redis", "uvicorn"),
}


@pytest.mark.parametrize("process", NEVER_LOADED)
def test_a_process_loads_nothing_that_it_does_not_use(process):
    program = f"import sys, {process}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in NEVER_LOADED[process] if name in loaded] == []
