import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from fluxo_cli.__main__ import main


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class FakeService:
    """Gives the answers laid out for it in order, the last one again and again, and keeps what it was asked."""

    url: str = ""
    answers: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)

    def answers_with(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, content))

    def hangs_up(self) -> None:
        """Takes the request and closes the connection: whether it was done, nobody knows."""
        self.answers.append((0, {}, b""))


@pytest.fixture
def service() -> Iterator[FakeService]:
    fake = FakeService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is written in two pieces

        def handle_any(self):
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_file = self.headers.get("Content-Type") == "application/octet-stream"
            body = content if is_file else json.loads(content) if content else None
            fake.requests.append(Request(self.command, self.path, dict(self.headers), body))
            status, headers, answer = fake.answers.popleft() if len(fake.answers) > 1 else fake.answers[0]
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - the library's names

        def log_message(self, format, *args):  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Outcome:
    exit_status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLUXO_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def fluxo(monkeypatch, capsys, tmp_path) -> Callable[..., Outcome]:
    """Runs the program in this process, as `fluxo ARGUMENTS`, on an empty data directory and without waiting."""
    monkeypatch.setattr("fluxo_cli.api.client._BACKOFF_S", (0.0, 0.0, 0.0))
    monkeypatch.setenv("FLUXO_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr("sys.argv", ["fluxo", *arguments])
        capsys.readouterr()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture
def entry() -> dict[str, Any]:
    return {
        "id": "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70",
        "direction": "credit",
        "amount": "150.00",
        "currency": "BRL",
        "business_date": "2026-11-22",
        "description": "Venda balcão",
        "category": "vendas",
        "reverses": None,
        "reversed_by": None,
        "recorded_at": "2026-11-22T14:32:10.123456Z",
    }
