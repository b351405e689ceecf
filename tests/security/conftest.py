import pytest

from tests.security.in_memory import InMemory


@pytest.fixture(scope="session")
def one_system(tmp_path_factory):
    # One for all tests: to build it takes longer than to ask it.
    return InMemory(tmp_path_factory.mktemp("issuer"))


@pytest.fixture
def system(one_system):
    """Both services, with what a test changes undone."""
    before = one_system.state()
    yield one_system
    one_system.restore(before)


@pytest.fixture
async def page(system, anyio_backend):
    async with system.page() as app:
        yield app
