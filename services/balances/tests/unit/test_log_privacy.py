"""No line of the log, at any level, holds a token, an amount or a merchant's name."""

from dataclasses import replace
from datetime import date

import asyncpg
import orjson
import pytest
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.settings import ProcessSettings

pytestmark = pytest.mark.anyio

MERCHANT = "merchant-7731-do-bairro"
DAY = date(2026, 11, 22)
SOMETHING = "Venda-secreta-5512"


@pytest.fixture
def log_lines(service, logging_restored, capfdbinary):
    """All lines so far, from debug on."""
    configure_logging(ProcessSettings(log_format="json", log_level="debug"), "fluxo-balances")

    def read() -> list[bytes]:
        service.app.state.account.settle()
        return capfdbinary.readouterr().out.splitlines()

    return read


@pytest.fixture
def drive(service, memory_read_model, memory_cache, monkeypatch):
    """Send every kind of request, good and bad, and return what must not be in the log."""

    async def drive() -> list[str]:
        memory_read_model.add(MERCHANT, DAY, credit=9_876_543, category=SOMETHING)
        tokens = [
            service.issuer.token(MERCHANT, "balances:read", "api-keys:manage"),
            service.issuer.token(MERCHANT, "something:else"),
            "bad-token-900",
        ]
        # A stream of changes ends with its token: at once.
        service.issuer.principals[tokens[0]] = replace(service.issuer.principals[tokens[0]], expires_at=0)
        targets = (
            f"/v1/daily-balances/{DAY}",
            "/v1/daily-balances?from=2026-11-01&to=2026-11-22",
            "/v1/category-totals?from=2026-11-01&to=2026-11-22",
            "/v1/api-key-uses",
            f"/v1/daily-balances/{SOMETHING}",
            f"/v1/daily-balances/{DAY}?after_entry={SOMETHING}&{SOMETHING}=98765.43",
            f"/v1/daily-balances?from=98765.43&to={SOMETHING}",
            f"/v1/daily-balances/changes?{SOMETHING}=98765.43",
            f"/{MERCHANT}/{SOMETHING}",
            f"/health/ready?{SOMETHING}",
        )
        for token in tokens:
            for target in targets:
                await ask(token, target)
                await ask(token, target)
        for failure in failures():
            memory_cache.answers.clear()
            memory_cache.leases.clear()
            monkeypatch.setattr(memory_read_model, "_read", raising(failure))
            answer = await ask(tokens[0], targets[0])
            assert answer.status_code >= 500
        # Long enough to be in no id and no time by chance.
        return [*tokens, MERCHANT, SOMETHING, "98765.43", "9876543", "98.765", "Bearer"]

    async def ask(token: str, target: str):
        if token not in service.issuer.principals:
            return await service.http.get(target, headers={"Authorization": f"Basic {token}"})
        return await service.http.get(target, headers={"Authorization": f"Bearer {token}"})

    return drive


def failures():
    refused = asyncpg.exceptions.CheckViolationError("a row violates a check")
    refused.detail = f"Failing row contains ({MERCHANT}, 9876543)."
    yield refused
    yield asyncpg.DataError(f"invalid input for query argument $1: '{MERCHANT}' (expected an int)")


def raising(failure):
    def read() -> None:
        raise failure

    return read


def leaks(lines: list[bytes], secrets: list[str]) -> list[bytes]:
    return [line for line in lines for secret in secrets if secret.encode() in line]


async def test_no_line_holds_a_secret_whatever_is_asked(log_lines, drive, service):
    secrets = await drive()
    lines = log_lines()
    assert leaks(lines, secrets) == []
    told = [orjson.loads(line) for line in lines]
    requests = {
        (line["http.request.method"].lower(), line["http.route"]) for line in told if line["message"] == "request"
    }
    operations = {(method, path) for path, item in service.app.openapi()["paths"].items() for method in item}
    assert operations <= requests, "a route that nobody drives here"
    assert sum(line["message"] == "request failed" for line in told) == 2
    assert len({line["organization.id"] for line in told if "organization.id" in line}) == 1


async def test_a_merchant_that_were_named_would_be_found(log_lines, drive, monkeypatch):
    monkeypatch.setattr("fluxo_chassis.http.request_log.organization_id", lambda tenant: tenant)
    secrets = await drive()
    assert leaks(log_lines(), secrets)


async def test_what_a_database_repeats_would_be_found(log_lines, drive, monkeypatch):
    monkeypatch.setattr("fluxo_chassis.observability.logs.configuration.error_message", str)
    secrets = await drive()
    assert leaks(log_lines(), secrets)
