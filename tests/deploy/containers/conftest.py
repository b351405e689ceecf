"""An engine, stand-ins for images that no registry gives, our images built on them, and compose.yaml running: once."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import httpx2
import pytest

from tests.deploy.containers.engine import Engine, what_is_missing
from tests.deploy.containers.stack import Stack
from tests.deploy.containers.standins import bootstrap, make_stand_ins
from tests.deploy.dockerfile import DOCKERFILE, ROOT
from tests.deploy.operator import filled

OURS = ("entries", "balances", "dashboard")
SEEN = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SEEN] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What an operator would like to know of a run that went well."""
    for line in config.stash[SEEN]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def saw(pytestconfig) -> Callable[[str, float], None]:
    """`saw(what, since)`: a line of the report, with the seconds since a `time.monotonic()`."""
    return lambda what, since: pytestconfig.stash[SEEN].append(f"{time.monotonic() - since:7.1f} s  {what}")


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder with a short name, for sockets, that keeps no image when the tests are over."""
    directory = Path(tempfile.mkdtemp(prefix="fluxo-engine-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def engine(place, saw) -> Iterator[Engine]:
    if missing := what_is_missing():
        not_run(missing)
    try:
        engine = Engine(place)
    except AssertionError as error:
        not_run(f"the engine does not start: {error}")
    yield engine
    since = time.monotonic()
    engine.close()
    saw("the engine ended", since)


def not_run(reason: str) -> NoReturn:
    """No fault of ours: the machine has no engine, or no archive to make images of."""
    pytest.skip(f"NO CONTAINER WAS RUN: {reason}")


@pytest.fixture(scope="session")
def images(engine, place, saw) -> list[str]:
    """The names of ours, built by the unchanged Dockerfile with the client that is the engine's."""
    since = time.monotonic()
    try:
        unpacked = bootstrap(place)
    except AssertionError as error:
        not_run(f"Debian could not be fetched: {error}")
    make_stand_ins(engine, unpacked, place / "stand-ins")
    saw("stand-ins made", since)
    since, names = time.monotonic(), [filled()[f"{name.upper()}_IMAGE"] for name in OURS]
    for target, name in zip(OURS, names, strict=True):
        engine.docker("build", "--file", DOCKERFILE, "--target", target, "--tag", name, ROOT, within_s=240)
    saw("our three images built", since)
    return names


@pytest.fixture(scope="session")
def stack(engine, images, place, saw) -> Stack:
    stack, since = Stack(engine, place), time.monotonic()
    stack.up()
    saw("compose up, until all are healthy", since)
    return stack


@pytest.fixture
def merchant(stack) -> Iterator[httpx2.Client]:
    with stack.merchant() as client:
        yield client
