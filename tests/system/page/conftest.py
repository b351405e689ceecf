"""Browsers for the journeys over the page."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.harness.browser import PATIENCE_MS, REQUIRED, Visitor, chromium, find_browser
from tests.harness.system import System

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        sentence = "no Chromium is on this machine (Debian: apt install chromium): the page is not tried in a browser"
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(sentence)
    with chromium(program) as started:
        yield started


@pytest.fixture
def visit(browser: Browser, system: System) -> Iterator[Callable[..., Visitor]]:
    """Visitors of the shared system; each must leave an empty console and have asked nobody else."""
    visitors: list[Visitor] = []

    def come(**options: object) -> Visitor:
        visitor = Visitor(browser, system, **options)  # type: ignore[arg-type]
        visitors.append(visitor)
        return visitor

    yield come
    for visitor in visitors:
        with visitor:
            pass
