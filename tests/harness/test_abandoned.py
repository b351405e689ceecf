import asyncio
import ssl

import pytest
from asyncpg.connect_utils import TLSUpgradeProto

pytestmark = pytest.mark.anyio


@pytest.fixture
def attempt():
    return lambda: TLSUpgradeProto(asyncio.get_running_loop(), "host", 1, ssl.create_default_context(), True)


async def test_an_attempt_that_nobody_waits_for_fails_no_test(attempt):
    reported = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    attempt().connection_lost(None)
    await asyncio.sleep(0)
    assert reported == []


async def test_who_waits_for_an_attempt_learns_that_it_failed(attempt):
    abandoned = attempt()
    asyncio.get_running_loop().call_soon(abandoned.connection_lost, None)
    with pytest.raises(ConnectionError):
        await abandoned.on_data
