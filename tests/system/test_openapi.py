"""Both services answer only what their OpenAPI files say, and never a 5xx that is not announced, whatever is sent."""

import re
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

IS_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"

checks.load_all_checks()
CONFORMANCE = checks.CHECKS.get_by_names(
    [
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "missing_required_header",
        "ignored_auth",
    ]
)
REJECTION = checks.CHECKS.get_by_names(["negative_data_rejection"])
# Not asked: that whatever fits the schema is accepted. A schema can't say that a key was used before, that a cursor was
# made up, or that a date lies after today.

# By fixtures, so that only the worker that asks makes up what to ask, which takes seconds.
entries_api = schemathesis.pytest.from_fixture("entries_schema")
balances_api = schemathesis.pytest.from_fixture("balances_schema")

fuzzed = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session")
def entries_schema():
    return schemathesis.openapi.from_path(REFERENCE / "entries.openapi.json")


@pytest.fixture(scope="session")
def balances_schema():
    schema = schemathesis.openapi.from_path(REFERENCE / "balances.openapi.json")
    schema.config.max_stream_events = 1  # Of changes there may be no other.
    return schema


@pytest.fixture(scope="session")
def fuzzer(system):
    return system.merchant()


@pytest.fixture(scope="session")
def awaits_nothing(fuzzer):
    """Who asks for an entry that is not there waits two seconds for it: from the second time on it is one that is."""
    entry_id = fuzzer.record("credit", "1.00")["id"]
    awaited = set()

    def change(case):
        asked = (case.query or {}).get("after_entry")
        if isinstance(asked, str) and IS_ID.fullmatch(asked):
            if case.path in awaited:
                case.query["after_entry"] = entry_id
            awaited.add(case.path)

    return change


def announced_unavailability(response):
    """Return whether it is the one 5xx that belongs to the contract: the entry asked for is not consolidated yet."""
    return response.status_code == 503 and response.json()["type"] == "/problems/not-yet-consolidated"


def assert_conforms(case, base_url, token):
    response = case.call(base_url=base_url, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code < 500 or announced_unavailability(response), response.text
    # A bulk that is partial or only checked is answered item by item: what is wrong with one stands beside it.
    each_item_answered = case.path.endswith("/bulk") and response.status_code in (200, 207)
    case.validate_response(response, checks=CONFORMANCE if each_item_answered else CONFORMANCE + REJECTION)


@entries_api.parametrize()
@fuzzed
def test_the_entries_service_keeps_its_openapi(case, system, fuzzer):
    assert_conforms(case, system.entries_url, fuzzer.token)


@balances_api.parametrize()
@fuzzed
def test_the_balances_service_keeps_its_openapi(case, system, fuzzer, awaits_nothing):
    awaits_nothing(case)
    assert_conforms(case, system.balances_url, fuzzer.token)
