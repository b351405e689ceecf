"""A whole system on the servers of this run, told of them by URL as an operator would tell it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fluxo_local.embedded.databases import Role, ensure_database
from fluxo_local.embedded.valkey import ValkeyServer

from tests.harness.databases import url_of
from tests.harness.pgbouncer import pgbouncer
from tests.harness.ports import free_port
from tests.harness.sentinel import Watched, watched
from tests.harness.system import System

VARIABLES = ("MIGRATION_DATABASE_URL", "DATABASE_URL", "API_DATABASE_URL")


@pytest.fixture(scope="module")
def sentinel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched | None]:
    """What watches over the streams' servers, where there is to be one."""
    if "FLUXO_SERVERS_SENTINEL" not in os.environ:
        yield None
        return
    directory = tmp_path_factory.mktemp("sentinel")
    servers = [ValkeyServer(directory / name, free_port(), persistent=True) for name in ("one", "two")]
    for server in servers:
        server.start()
    with watched(servers, directory) as both:
        yield both
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_url: str,
    streams_url: str,
    cache_url: str,
    sentinel: Watched | None,
) -> Iterator[System]:
    urls, mark = {}, secrets.token_hex(4)  # the server may have those of another module
    for service in ("ENTRIES", "BALANCES"):
        name = f"fluxo_{service.lower()}_{mark}"
        roles = [Role(f"{name}_{role}", secrets.token_hex(8)) for role in ("owner", "app", "api")]
        ensure_database(postgres_url, name, *roles)
        for variable, role in zip(VARIABLES, roles, strict=True):
            urls[f"FLUXO_{service}_{variable}"] = url_of(postgres_url, name, role.name, role.password)
    with ExitStack() as opened:
        if "FLUXO_SERVERS_POOLER" in os.environ:
            urls = dict(zip(urls, opened.enter_context(pgbouncer(list(urls.values()))), strict=True))
        system = System(tmp_path_factory.mktemp("system") / "data")
        urls |= {"FLUXO_STREAMS_URL": sentinel.url if sentinel else streams_url, "FLUXO_CACHE_URL": cache_url}
        system.settings = urls | {f"FLUXO_{name}_KEY": secrets.token_hex(32) for name in ("EVENTS", "SEALS")}
        system.start()
        yield system
        system.end()
