"""A control plane that knows the operators' kinds, once for all tests of a run."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.containers.conftest import (  # noqa: F401 - an engine and images, for pods that run
    engine,
    images,
    place,
    pytest_configure,
    pytest_terminal_summary,
    saw,
)
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.node import HOST


@pytest.fixture(scope="session")
def cluster() -> Iterator[ControlPlane]:
    with tempfile.TemporaryDirectory(prefix="fluxo-kubernetes-") as directory:
        cluster = ControlPlane(Path(directory), HOST)
        try:
            cluster.define()
            yield cluster
        finally:
            cluster.close()
