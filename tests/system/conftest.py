"""Systems and merchants for the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fluxo_local.errors import CommandError
from fluxo_local.nginx import find_nginx

from tests.harness.merchant import MerchantClient
from tests.harness.once import once
from tests.harness.system import System, copy_prepared, prepare

collect_ignore = ["clients", "hosts", "page", "upgrade"]  # of make test-deploy, test-operations, test-page


@pytest.fixture(scope="session")
def prepared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What systems start on a copy of, one for all workers of the run."""
    return once(tmp_path_factory, "prepared", prepare)


def _running(directory: Path, prepared_data: Path, *options: str) -> Iterator[System]:
    system = System(directory / "data")
    copy_prepared(prepared_data, system.data_dir)
    try:
        system.start(*options)
    except AssertionError:
        # One slow or unlucky start must not be the failure of sixty tests.
        system.end()
        system.start(*options)
    try:
        yield system
        assert system.stop() == 0, system.output.read_text()
    finally:
        system.end()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, prepared_data: Path) -> Iterator[System]:
    """One running system for all journeys that do not stop it; each takes a merchant of its own."""
    yield from _running(tmp_path_factory.mktemp("system"), prepared_data)


@pytest.fixture(scope="session")
def replicated(tmp_path_factory: pytest.TempPathFactory, prepared_data: Path) -> Iterator[System]:
    """One with two replicas behind the balancer, which each journey leaves as it found it."""
    try:
        find_nginx()
    except CommandError as error:
        pytest.skip(str(error))
    yield from _running(tmp_path_factory.mktemp("replicated"), prepared_data, "--replicas", "2")


@pytest.fixture
def own_system(tmp_path: Path, prepared_data: Path) -> Iterator[System]:
    """A system that the journey itself starts, kills and stops."""
    system = System(tmp_path / "data")
    copy_prepared(prepared_data, system.data_dir)
    yield system
    system.end()


@pytest.fixture
def merchant(system: System) -> MerchantClient:
    return system.merchant()
