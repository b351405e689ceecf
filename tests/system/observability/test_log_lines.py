"""Real lines of a running system go the way of deploy/elk: requests, problems, warnings, tracebacks."""

import json
import os
import socket
import subprocess
import sys
from datetime import date
from uuid import uuid4

import pytest

from tests.deploy.elastic import parsed, store
from tests.harness.waiting import PATIENCE_S

DAY = date(2026, 11, 24)
AMOUNT = "7351937.21"

FAILING = """
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.process import run
from fluxo_chassis.settings import ProcessSettings

async def main(stop):
    try:
        int("ninety")
    except ValueError as error:
        raise RuntimeError("a process that fails: çãé \\u2028 \\"quoted\\"") from error

configure_logging(ProcessSettings(log_format="json"), "fluxo-test")
raise SystemExit(run(main))
"""


@pytest.fixture(scope="module")
def written(system) -> dict[str, list[bytes]]:
    """The lines of each service once a merchant has done what it may, and what it may not."""
    merchant = system.merchant()
    entry = merchant.record("credit", AMOUNT, DAY)
    merchant.reverse(entry["id"])
    merchant.day(DAY, after=entry["id"])
    merchant.day(DAY)
    merchant.day(DAY)
    assert merchant.post("/v1/entries", {"direction": "up"}, str(uuid4())).status_code == 422
    assert merchant.http.get(f"{system.entries_url}/v1/entries/{uuid4()}").status_code == 404
    assert merchant.http.get(f"{system.balances_url}/nowhere").status_code == 404
    anonymous = {"Authorization": "Bearer nobody"}
    assert merchant.http.get(f"{system.balances_url}/v1/daily-balances/{DAY}", headers=anonymous).status_code == 401

    def lines() -> dict[str, list[bytes]]:
        files = (system.data_dir / "logs").glob("*-[0-9].log")
        return {file.stem: file.read_bytes().splitlines() for file in files}

    written = {
        "entries-api-1": (b'status_code":422', b'status_code":404'),
        "balances-api-1": (b'status_code":401', b'status_code":404'),
        "balances-projector-1": (b"entries projected",),
    }
    for process, signs in written.items():
        system.until(lambda process=process, signs=signs: all(sign in b"".join(lines()[process]) for sign in signs))
    return lines()


def test_every_line_of_a_running_system_is_stored_whole(written):
    assert set(written) >= {
        "entries-api-1",
        "entries-relay-1",
        "balances-api-1",
        "balances-projector-1",
        "dashboard-1",
    }
    for lines in written.values():
        assert lines
        for line in lines:
            store(parsed(line))


def test_a_request_is_found_by_route_status_and_trace(written):
    documents = [parsed(line) for name in ("entries-api-1", "balances-api-1") for line in written[name]]
    requests = [each for each in documents if each["message"] == "request"]
    assert {each["http"]["response"]["status_code"] for each in requests} >= {200, 201, 401, 404, 422}
    assert {each["service"]["name"] for each in requests} == {"fluxo-entries", "fluxo-balances"}
    for each in requests:
        assert len(each["trace"]["id"]) == 32
        assert each["event"]["duration"] > 0


def test_no_line_holds_an_amount_a_token_or_a_merchant(system, written):
    everything = b"\n".join(line for lines in written.values() for line in lines)
    assert AMOUNT.encode() not in everything
    assert AMOUNT.replace(".", "").encode() not in everything
    assert b"Bearer" not in everything
    assert b'"m-' not in everything


def test_warnings_of_a_process_whose_servers_are_unavailable_are_stored_whole():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    away = {
        "FLUXO_BALANCES_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "FLUXO_STREAMS_URL": "redis://127.0.0.1:9",
        "FLUXO_CACHE_URL": "redis://127.0.0.1:9",
        "FLUXO_PORT": str(port),
        "FLUXO_LOG_FORMAT": "json",
        "PATH": os.environ["PATH"],
    }
    process = subprocess.Popen([sys.executable, "-m", "fluxo_balances", "projector"], env=away, stdout=subprocess.PIPE)
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if json.loads(line)["message"] == "projecting failed and is tried again":
                process.terminate()
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.stdout.close()
    documents = [parsed(line) for line in lines]
    for document in documents:
        store(document)
    assert any("RedisUnavailableError" in each.get("fluxo", {}).get("reason", "") for each in documents)


def test_a_traceback_is_one_line_with_its_fields():
    ended = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, check=False)
    assert ended.returncode == 1
    (line,) = ended.stdout.splitlines()
    document = parsed(line)
    store(document)
    assert document["error"]["type"] == "RuntimeError"
    assert document["error"]["message"].startswith("a process that fails: çãé")
    assert "ValueError: invalid literal" in document["error"]["stack_trace"]
    assert document["error"]["stack_trace"].count("\n") > 3
