"""The service's processes as they are started from outside."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import date

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.harness.ports import free_port
from tests.harness.processes import clean_environment

pytestmark = pytest.mark.anyio


def environment(**variables: str) -> dict[str, str]:
    return clean_environment() | {f"FLUXO_{name}": value for name, value in variables.items()}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fluxo_balances", *arguments]
    return subprocess.run(command, env=environment(**variables), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("process", ["api", "projector", "migrate", "totals"])
def test_a_process_that_lacks_its_configuration_says_so_and_exits_with_2(process):
    ended = run(process)
    assert ended.returncode == 2
    assert "FLUXO_BALANCES_DATABASE_URL is not set." in ended.stderr


def test_migrating_twice_is_no_harm(balances_database):
    for _ in range(2):
        ended = run(
            "migrate",
            BALANCES_DATABASE_URL=balances_database.url,
            BALANCES_MIGRATION_DATABASE_URL=balances_database.owner_url,
        )
        assert ended.returncode == 0, ended.stderr


def test_totals_without_a_database_end_with_one_sentence():
    ended = run("totals", BALANCES_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:9/none")
    assert ended.returncode == 1
    assert ended.stderr.startswith("The balances database cannot be read: ")
    assert "secret" not in ended.stderr


def test_a_projector_works_answers_its_health_and_stops_cleanly(
    balances_database, streams, streams_url, cache_url, published
):
    port = free_port()
    urls = {"BALANCES_DATABASE_URL": balances_database.url, "STREAMS_URL": streams_url, "CACHE_URL": cache_url}
    projector = subprocess.Popen(
        [sys.executable, "-m", "fluxo_balances", "projector"],
        env=environment(PORT=str(port), LOG_FORMAT="json", **urls),
        stdout=subprocess.PIPE,
    )
    try:
        ready = wait_for(f"http://127.0.0.1:{port}/health/ready", b"pass")
        metrics = wait_for(f"http://127.0.0.1:{port}/metrics", b'fluxo_projected_events_total{outcome="applied"} 3.0')
    finally:
        projector.send_signal(signal.SIGTERM)
        output, _ = projector.communicate(timeout=15)
    assert ready
    assert metrics
    assert projector.returncode == 0
    assert all(json.loads(line)["service.name"] == "fluxo-balances" for line in output.splitlines())

    ended = run("totals", "--merchant", "m1", "--from", "2026-11-22", BALANCES_DATABASE_URL=balances_database.url)
    day, _month_after, category = map(json.loads, ended.stdout.splitlines())
    assert day["closing_minor"] == 3
    assert (category["month"], category["credits_minor"]) == ("2026-11-01", 3)


def test_an_api_that_is_told_to_stop_has_logged_every_request(balances_database, cache, cache_url, tmp_path):
    key = RSAKey.generate_key(2048, {"kid": "test"})
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    claims = {"iss": "fluxo-development", "aud": "fluxo", "exp": int(time.time()) + 600}
    token = jwt.encode({"alg": "RS256", "kid": "test"}, claims | {"merchant_id": "m1", "scope": "balances:read"}, key)
    port = free_port()
    urls = {"BALANCES_DATABASE_URL": balances_database.url, "CACHE_URL": cache_url}
    log = tmp_path / "api.log"
    with log.open("wb") as output:
        api = subprocess.Popen(
            [sys.executable, "-m", "fluxo_balances", "api"],
            env=environment(PORT=str(port), LOG_FORMAT="json", AUTH_JWKS_URL=(tmp_path / "jwks.json").as_uri(), **urls),
            stdout=output,
        )
    requests = 2_000
    try:
        assert wait_for(f"http://127.0.0.1:{port}/health/ready", b"pass")
        assert wait_for(f"http://127.0.0.1:{port}/metrics", b"balance_near_cache_is_tracking 1.0")
        request = f"GET /v1/daily-balances/2026-11-22 HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port)) as client, client.makefile("rb") as answers:
            for number in range(requests):
                client.sendall(request.encode())
                assert answers.readline() == b"HTTP/1.1 200 OK\r\n", number
                headers = dict(iter(lambda: answers.readline().strip().partition(b": ")[::2], (b"", b"")))
                answers.read(int(headers[b"content-length"]))
            api.terminate()
            assert client.recv(1) == b""
        assert api.wait(timeout=15) == 0
    finally:
        api.kill()
        api.wait()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    told = [line for line in lines if line["message"] == "request" and line["http.route"].startswith("/v1/")]
    assert len(told) == len({line["trace.id"] for line in told}) == requests
    assert len({tuple(line) for line in told}) == 1
    assert [line["@timestamp"] for line in told] == sorted(line["@timestamp"] for line in told)
    assert told[0]["event.duration"] > told[-1]["event.duration"] > 0


def wait_for(url: str, content: bytes) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own process
                if content in answer.read():
                    return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.05)
    return False


@pytest.fixture
async def published(stream, recorded) -> None:
    await stream.publish(*(recorded("m1", date(2026, 11, 22), credit=1) for _ in range(3)))
