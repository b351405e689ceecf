"""Processes before servers that will never do: they end with a sentence, and the code of a bad configuration."""

import subprocess
import sys

import pytest

from tests.harness.pgbouncer import needs_pgbouncer, pgbouncer
from tests.harness.processes import clean_environment

pytestmark = pytest.mark.anyio


def ended(process, **variables):
    command = [sys.executable, "-m", "fluxo_entries", process]
    environment = clean_environment() | {f"FLUXO_{name}": value for name, value in variables.items()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stderr


async def test_a_relay_does_not_publish_to_a_server_that_may_forget(entries_database, cache_url):
    code, said = ended("relay", PORT="0", ENTRIES_DATABASE_URL=entries_database.url, STREAMS_URL=cache_url)
    assert code == 2
    assert said == (
        "FLUXO_STREAMS_URL leads to a server that cannot be used: its maxmemory-policy is allkeys-lru, "
        "which removes what it should keep.\n"
    )


@needs_pgbouncer
async def test_an_api_does_not_record_through_a_pooler_of_transactions(entries_database):
    with pgbouncer([entries_database.url], "transaction") as (url,):
        code, said = ended("api", PORT="0", ENTRIES_DATABASE_URL=url, AUTH_JWKS_URL="file:///none")
    assert code == 2
    assert said.startswith("FLUXO_ENTRIES_DATABASE_URL leads to a pooler that gives each transaction another session")
