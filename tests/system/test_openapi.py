"""Both services answer only what their OpenAPI files say, and never a 5xx, whatever is sent."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks

load_all_checks()

FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session")
def fuzzer(system):
    return system.merchant()


@pytest.fixture(scope="session")
def entries_api(system):
    return schemathesis.openapi.from_url(f"{system.entries_url}/openapi.json")


@pytest.fixture(scope="session")
def balances_api(system):
    return schemathesis.openapi.from_url(f"{system.balances_url}/openapi.json")


entries_schema = schemathesis.pytest.from_fixture("entries_api")
balances_schema = schemathesis.pytest.from_fixture("balances_api")


@entries_schema.parametrize()
@FUZZ
@pytest.mark.timeout(180)
def test_the_entries_service_keeps_its_openapi(case, fuzzer):
    case.call_and_validate(headers={"Authorization": f"Bearer {fuzzer.token}"})


@balances_schema.parametrize()
@FUZZ
@pytest.mark.timeout(180)
def test_the_balances_service_keeps_its_openapi(case, fuzzer):
    case.call_and_validate(headers={"Authorization": f"Bearer {fuzzer.token}"})
