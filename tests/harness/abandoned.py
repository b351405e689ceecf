"""A connection attempt that nobody waits for any more may fail: that is no failure of the test that happens to run.

The driver keeps a future for each attempt. Where the time was up in the very turn in which the connection was there,
its end is told to that future, which nobody asks, and the loop reports it during a later test.
"""

import pytest
from asyncpg import connect_utils

_Attempt = connect_utils.TLSUpgradeProto


def _connection_lost(attempt: object, reason: Exception | None, tell: object = _Attempt.connection_lost) -> None:
    tell(attempt, reason)
    if not attempt.on_data.cancelled():
        attempt.on_data.exception()  # who waits for it gets it all the same


@pytest.hookimpl
def pytest_sessionstart() -> None:
    _Attempt.connection_lost = _connection_lost
