import asyncio
import time

import pytest


@pytest.fixture
async def virtual_time(anyio_backend, monkeypatch):
    """Time stands still while a task runs, and goes to the next timer when all of them wait.

    For what waits on timers alone: the reply of another process or thread would never come in time.
    """
    selector = asyncio.get_running_loop()._selector
    select, now = selector.select, time.monotonic()

    def select_or_skip(timeout_s):
        nonlocal now
        if timeout_s is None:
            return select(None)
        events = select(0)
        if not events:
            now += max(timeout_s, 0)
        return events

    monkeypatch.setattr(selector, "select", select_or_skip)
    monkeypatch.setattr(time, "monotonic", lambda: now)  # the loop's own clock too
