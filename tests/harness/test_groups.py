import os

import pytest


def test_each_test_carries_its_group_so_that_what_shares_a_server_stays_on_one_worker(request: pytest.FixtureRequest):
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert "@" in request.node.nodeid, "pytest and pytest-xdist do not fit each other: see pyproject.toml"
