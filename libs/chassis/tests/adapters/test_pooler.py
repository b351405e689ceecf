"""PgBouncer between a process and its PostgreSQL, as it comes: with a session for each client, and with less."""

import asyncpg
import pytest
from fluxo_chassis.postgres import Notifications, connect, open_pool, refuse_transaction_pooling, session_settings

from tests.harness.pgbouncer import needs_pgbouncer, pgbouncer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def by_sessions(postgres_url):
    with pgbouncer([postgres_url]) as (url,):
        yield url


@needs_pgbouncer
async def test_time_outs_hold_behind_it(by_sessions):
    async with await open_pool(by_sessions, application_name="behind", command_timeout_s=1) as pool:
        assert await pool.fetchval("SHOW statement_timeout") == "900ms"
        assert await pool.fetchval("SHOW idle_in_transaction_session_timeout") == "10s"
        assert await pool.fetchval("SHOW timezone") == "UTC"
        assert await pool.fetchval("SHOW application_name") == "behind"
        with pytest.raises(asyncpg.QueryCanceledError):
            await pool.execute("SELECT pg_sleep(30)")


@needs_pgbouncer
async def test_what_held_for_one_session_holds_for_no_other(by_sessions):
    first = await connect(by_sessions, session_settings(7))
    session = await first.fetchval("SELECT pg_backend_pid()")
    await first.close()
    second = await asyncpg.connect(by_sessions)
    assert await second.fetchval("SELECT pg_backend_pid()") == session
    assert await second.fetchval("SHOW statement_timeout") == "0"
    await second.close()


@needs_pgbouncer
async def test_notifications_come_through_it(by_sessions, postgres_url):
    async with Notifications(by_sessions, "news", exclusive=True) as news:
        assert await news.wait(10)
        teller = await asyncpg.connect(postgres_url)
        await teller.execute("NOTIFY news")
        await teller.close()
        assert await news.wait(10)


@needs_pgbouncer
@pytest.mark.parametrize("pool_mode", ["transaction", "statement"])
async def test_a_process_does_not_start_where_sessions_are_shared(postgres_url, capsys, pool_mode):
    with pgbouncer([postgres_url], pool_mode) as (url,), pytest.raises(SystemExit) as ended:
        await refuse_transaction_pooling(url, "FLUXO_ENTRIES_DATABASE_URL")
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "FLUXO_ENTRIES_DATABASE_URL leads to a pooler that gives each transaction another session "
        "(pool_mode: it must be session).\n"
    )


@needs_pgbouncer
async def test_it_starts_where_each_client_has_its_own(by_sessions):
    await refuse_transaction_pooling(by_sessions, "FLUXO_ENTRIES_DATABASE_URL")


async def test_it_starts_before_a_server_itself_and_one_that_cannot_be_asked_yet(postgres_url):
    await refuse_transaction_pooling(postgres_url, "FLUXO_ENTRIES_DATABASE_URL")
    for url in ("postgresql://u:p@127.0.0.1:1/d", f"{postgres_url}_that_is_not_there"):
        await refuse_transaction_pooling(url, "FLUXO_ENTRIES_DATABASE_URL")
