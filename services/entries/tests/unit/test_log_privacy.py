"""No line of the log, at any level, holds a token, a key, an amount, a description or a merchant's name."""

from uuid import UUID

import asyncpg
import orjson
import pytest
from fluxo_chassis.auth.api_keys import hash_of, new_key
from fluxo_chassis.health import Health
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.settings import ProcessSettings
from fluxo_entries.entrypoints.http.app import create_entries_app

from services.entries.tests.fakes import FakeVerifier

pytestmark = pytest.mark.anyio

MERCHANT = "merchant-7731-do-bairro"
AMOUNT, DESCRIPTION, CATEGORY, KEY = "98765.43", "Venda secreta ao vizinho", "categoria-x", "key-of-the-till-5512"
API_KEY, _ = new_key(UUID(int=5512))
# Long enough to be in no time and no trace id by chance; the second as minor units.
SECRETS = (
    MERCHANT,
    AMOUNT,
    AMOUNT.replace(".", ""),
    DESCRIPTION,
    CATEGORY,
    KEY,
    "Bearer",
    "bad-token-900",
    "Nome Novo",
    API_KEY,
    API_KEY[-43:],
    hash_of(API_KEY).hex(),
    "Caixa do Joaquim",
)
ENTRY = {
    "direction": "credit",
    "amount": AMOUNT,
    "business_date": "2026-11-22",
    "description": DESCRIPTION,
    "category": CATEGORY,
}


@pytest.fixture
def app(service):
    """One that has written no line yet: it remembers how. Its next API key is known to the test."""
    service.use_cases.create_api_key._new_key = lambda _key_id: (API_KEY, hash_of(API_KEY))
    return create_entries_app(service.use_cases, health=Health(), verifier=FakeVerifier())


@pytest.fixture
def log_lines(app, logging_restored, capfdbinary):
    """All lines so far, from debug on."""
    configure_logging(ProcessSettings(log_format="json", log_level="debug"), "fluxo-entries")

    def read() -> list[bytes]:
        app.state.account.settle()
        return capfdbinary.readouterr().out.splitlines()

    return read


@pytest.fixture
def drive(api, service):
    """Send every kind of request, good and bad."""

    async def use(method: str, path: str, json: object = None, **more) -> list:
        key = {"Idempotency-Key": more.pop("key", KEY)}
        answers = []
        for authorization in (
            f"Bearer {MERCHANT}/entries:read,entries:write,api-keys:manage,days:close,days:manage",
            f"Bearer {MERCHANT}/something:else",
            "Bearer bad-token-900",
            "bad-token-900",
            f"Bearer {API_KEY}",
        ):
            headers = key | {"Authorization": authorization}
            body = {} if "content" in more else {"json": json}
            answers.append(await api.client.request(method, path, headers=headers, **body, **more))
        return answers

    async def drive() -> None:
        recorded, *_ = await use("POST", "/v1/entries", ENTRY)
        assert recorded.status_code == 201
        bad = ENTRY | {"amount": 98765.43, "direction": DESCRIPTION, DESCRIPTION: AMOUNT, "business_date": AMOUNT}
        for body in (ENTRY | {"description": f"{DESCRIPTION} again"}, bad, [AMOUNT], DESCRIPTION):
            await use("POST", "/v1/entries", body)
        for content in (b'{"amount": "98765.43"', f"{DESCRIPTION}".encode(), b'"\xff98765.43"'):
            await api.post("/v1/entries", content=content, key=KEY, merchant=MERCHANT)
        item = ENTRY | {"idempotency_key": KEY}
        for mode in ("atomic", "independent", DESCRIPTION):
            await use("POST", "/v1/entries/bulk", {"mode": mode, "entries": [item, item, bad]})
        await use("POST", f"{recorded.headers['location']}/reversal", {"reason": DESCRIPTION}, key=f"{KEY}-r")
        await use("POST", f"{recorded.headers['location']}/reversal", {"reason": 98765.43})
        await use("POST", f"/v1/entries/{KEY}/reversal", {"reason": DESCRIPTION})
        await use("GET", recorded.headers["location"])
        await use("GET", f"/v1/entries/{KEY}")
        for query in ({"q": DESCRIPTION, "category": CATEGORY}, {"from": AMOUNT, "cursor": KEY, DESCRIPTION: AMOUNT}):
            await use("GET", "/v1/entries", params=query)
        await use("GET", "/v1/merchant")
        await use("GET", "/v1/seals/latest")
        await use("PATCH", "/v1/merchant", {"name": "Nome Novo"})
        await use("PATCH", "/v1/merchant", {"name": 98765, "currency": DESCRIPTION})
        wanted = {"name": "Caixa do Joaquim", "scopes": ["entries:read"]}
        created, *_ = await use("POST", "/v1/api-keys", wanted)
        assert created.json()["key"] == API_KEY
        await use("POST", "/v1/api-keys", wanted | {API_KEY: AMOUNT, "scopes": [API_KEY]})
        await use("GET", "/v1/api-keys")
        await use("DELETE", f"/v1/api-keys/{created.json()['id']}")
        await use("DELETE", f"/v1/api-keys/{API_KEY}")
        await use("GET", "/v1/day-closes")
        for form in ("csv", "pdf", DESCRIPTION):
            await use("GET", "/v1/cash-book", params={"from": "2026-11-01", "to": "2026-11-30", "format": form})
        await use("POST", "/v1/day-closes", {"date": "2026-11-21"})
        await use("POST", "/v1/day-closes", {"date": DESCRIPTION, KEY: AMOUNT})
        await use("POST", "/v1/entries", ENTRY | {"business_date": "2026-11-21"}, key=f"{KEY}-closed")
        await use("DELETE", f"/v1/day-closes/{KEY}", params={"reason": DESCRIPTION})
        await use("DELETE", "/v1/day-closes/2026-11-21", params={"reason": DESCRIPTION})
        await use("DELETE", f"/{MERCHANT}/{KEY}")
        await send_files(use)
        await use("GET", "/health/ready", params={"q": DESCRIPTION})
        for failure in failures():
            service.journal.failure = failure
            answer, *_ = await use("POST", "/v1/entries", ENTRY, key=f"{KEY}-fails")
            assert answer.status_code >= 500

    return drive


async def send_files(use) -> None:
    file = f"2026-11-20;98765.43;{DESCRIPTION};{KEY};{MERCHANT}\n{DESCRIPTION}".encode()
    query = {"filename": DESCRIPTION, "account": MERCHANT}
    imported, *_ = await use("POST", "/v1/imports", content=file, params=query)
    place = imported.headers["location"]
    await use("POST", "/v1/imports", content=b"unreadable", key=DESCRIPTION)
    await use("POST", "/v1/reconciliations", content=file)
    for path in ("/v1/imports", place, f"{place}/lines", f"{place}/failed-lines"):
        await use("GET", path, params={"cursor": KEY} if path.endswith("lines") else {})
        await use("GET", path)
    await use("POST", f"{place}/confirm", {"possible_duplicates": DESCRIPTION, "category": CATEGORY})
    await use("POST", f"{place}/confirm", {"possible_duplicates": "skip", "category": CATEGORY})
    await use("DELETE", place)


def failures():
    refused = asyncpg.exceptions.CheckViolationError('new row for relation "entries" violates check constraint "e"')
    refused.detail = f"Failing row contains ({MERCHANT}, 9876543, {DESCRIPTION})."
    yield refused
    twice = asyncpg.exceptions.UniqueViolationError('duplicate key value violates unique constraint "keys_pkey"')
    twice.detail = f"Key (merchant_id, idempotency_key)=({MERCHANT}, {KEY}) already exists."
    yield twice
    yield asyncpg.DataError(f"invalid input for query argument $4: '{DESCRIPTION}' (expected an int)")
    yield asyncpg.exceptions.ConnectionDoesNotExistError("connection was closed in the middle of operation")


def leaks(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines for secret in SECRETS if secret.encode() in line]


async def test_no_line_holds_a_secret_whatever_is_asked(log_lines, drive, app):
    await drive()
    lines = log_lines()
    assert leaks(lines) == []
    told = [orjson.loads(line) for line in lines]
    requests = {
        (line["http.request.method"].lower(), line["http.route"]) for line in told if line["message"] == "request"
    }
    operations = {(method, path) for path, item in app.openapi()["paths"].items() for method in item}
    assert operations <= requests, "a route that nobody drives here"
    assert sum(line["message"] == "request failed" for line in told) == 3
    assert len({line["organization.id"] for line in told if "organization.id" in line}) == 1


async def test_a_merchant_that_were_named_would_be_found(log_lines, drive, monkeypatch):
    monkeypatch.setattr("fluxo_chassis.http.request_log.organization_id", lambda tenant: tenant)
    await drive()
    assert leaks(log_lines())


async def test_what_a_database_repeats_would_be_found(log_lines, drive, monkeypatch):
    monkeypatch.setattr("fluxo_chassis.observability.logs.configuration.error_message", str)
    await drive()
    assert leaks(log_lines())
