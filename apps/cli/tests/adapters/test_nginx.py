"""The load balancer's rules, with a real nginx before servers that fail: what is tried twice, and what never."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from fluxo_dashboard.pages.imports import BODY_BYTES_MAX
from fluxo_local.errors import CommandError
from fluxo_local.nginx import Upstream, balancer, find_nginx

from tests.harness.ports import free_port

PAGE = "https://app.example"
BODY = b'{"amount":"' + b"9" * 65_000 + b'.00"}'


def is_there() -> bool:
    try:
        find_nginx()
    except CommandError:
        return False
    return True


pytestmark = pytest.mark.skipif(not is_there(), reason="nginx is not on this machine: apt install nginx-light")


class Instance:
    """An API instance by its socket: takes requests, notes them, and does with each what it is told to."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self.requests: list[bytes] = []
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(_read_request(connection))
                self._behave(connection)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    pieces = [body]
    while (length := length - len(pieces[-1])) > 0:
        pieces.append(connection.recv(65_536))
    return b"".join((head, b"\r\n\r\n", *pieces))


def dies(connection: socket.socket) -> None:
    """As a process does that is killed when it has read the request: whether it was carried out nobody knows."""


def answers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")


def refuses(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy")


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Callable[..., tuple[str, list[Instance]]]]:
    """`url, instances = balanced(dies, answers)`: an address whose requests nginx sends to such instances."""
    opened: list[Instance] = []
    processes: list[subprocess.Popen[bytes]] = []

    def start(*behaviours: Callable[[socket.socket], None], is_page: bool = False) -> tuple[str, list[Instance]]:
        opened.extend(map(Instance, behaviours))
        port, health_port = free_port(), free_port()
        instances = [f"127.0.0.1:{instance.port}" for instance in opened]
        upstream = Upstream("entries", f"127.0.0.1:{port}", instances, is_page=is_page)
        child = balancer(
            tmp_path / "nginx", [upstream], port=port, health_port=health_port, env=os.environ, origins=[PAGE]
        )
        processes.append(subprocess.Popen(list(map(str, child.argv)), env=dict(child.env), stderr=subprocess.DEVNULL))
        until_listens(port)
        return f"http://127.0.0.1:{port}", opened

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)
    for instance in opened:
        instance.close()


def until_listens(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        else:
            return


def send(url: str, method: str, **headers: str) -> int:
    content = BODY if method in ("POST", "PATCH") else None
    return httpx2.request(method, f"{url}/v1/entries", content=content, headers=headers, timeout=20).status_code


def test_a_write_with_its_key_is_repeated_whole_on_another_instance(balanced):
    url, (first, second) = balanced(dies, answers)
    assert [send(url, "POST", **{"Idempotency-Key": f"key-{number}"}) for number in range(4)] == [201] * 4
    assert first.requests
    assert {request.partition(b"\r\n\r\n")[2] for request in second.requests} == {BODY}
    assert all(b"idempotency-key: key-" in request.lower() for request in second.requests)
    assert all(request.startswith(b"POST /v1/entries HTTP/1.1\r\n") for request in second.requests)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_without_a_key_is_sent_once_only(balanced, method):
    url, instances = balanced(dies, dies)
    assert send(url, method) == 502
    assert sum(len(instance.requests) for instance in instances) == 1


def test_a_read_is_tried_elsewhere(balanced):
    url, instances = balanced(dies, answers)
    assert [send(url, "GET") for _ in range(4)] == [201] * 4
    assert instances[0].requests


def test_an_instance_that_refuses_has_answered(balanced):
    """Its 503 says when to come again; sent on, a crowd that one instance sheds would hit the next."""
    url, instances = balanced(refuses, refuses)
    assert send(url, "POST", **{"Idempotency-Key": "key"}) == 503
    assert sum(len(instance.requests) for instance in instances) == 1


def test_when_all_are_left_alone_they_are_tried_before_it_gives_up(balanced):
    are_back = threading.Event()

    def comes_back(connection: socket.socket) -> None:
        (answers if are_back.is_set() else dies)(connection)

    url, _ = balanced(comes_back, comes_back)
    assert {send(url, "GET") for _ in range(4)} == {502}
    are_back.set()
    assert send(url, "GET") == 201


def test_an_instance_that_fails_is_left_alone_for_a_moment(balanced):
    url, (dying, healthy) = balanced(dies, answers)
    began = time.monotonic()
    for _ in range(20):
        assert send(url, "GET") == 201
    assert len(healthy.requests) == 20
    assert len(dying.requests) <= 2 * (1 + time.monotonic() - began), "twice a second at the most"


@pytest.mark.parametrize(("path", "is_page"), [("/v1/daily-balances/changes", False), ("/live", True)])
def test_a_stream_of_changes_passes_as_it_comes(balanced, path, is_page):
    is_read = threading.Event()

    def streams(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: changed\n\n")
        is_read.wait(20)

    url, (instance,) = balanced(streams, is_page=is_page)
    with httpx2.stream("GET", url + path, timeout=10) as answer:
        assert next(answer.iter_bytes()) == b"event: changed\n\n"
        is_read.set()
    assert instance.requests[0].startswith(f"GET {path} HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\n".encode())


def test_a_form_is_sent_once_only(balanced):
    """The page itself repeats the write that it becomes, with its key."""
    url, instances = balanced(dies, dies, is_page=True)
    assert send(url, "POST") == 502
    assert sum(len(instance.requests) for instance in instances) == 1


@pytest.mark.parametrize(("origin", "reader"), [(PAGE, PAGE), ("https://other.example", None), (None, None)])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "key"}])
def test_a_page_may_read_that_no_instance_answers(balanced, origin, reader, headers):
    url, _ = balanced(dies)
    answer = httpx2.post(url, headers=headers | ({"Origin": origin} if origin else {}))
    assert (answer.status_code, answer.headers.get("Access-Control-Allow-Origin")) == (502, reader)


def test_who_may_read_an_instances_answer_it_says_itself(balanced):
    url, (_, second) = balanced(dies, refuses)
    for _ in range(2):
        answer = httpx2.get(url, headers={"Origin": PAGE})
        assert (answer.status_code, "Access-Control-Allow-Origin" in answer.headers) == (503, False)
    assert second.requests


@pytest.mark.parametrize(
    ("path", "limit", "is_page"),
    [
        ("/v1/entries", 65_536, False),
        ("/v1/entries/bulk", 8 * 1024 * 1024, False),
        ("/v1/imports", 50 * 1024 * 1024, False),
        ("/entries", 65_536, True),
        ("/imports", BODY_BYTES_MAX, True),
    ],
)
def test_a_body_that_no_service_takes_is_refused_before_it_is_stored(balanced, path, limit, is_page):
    url, (instance,) = balanced(answers, is_page=is_page)
    assert httpx2.post(f"{url}{path}", content=b"x" * limit, timeout=20).status_code == 201
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=20) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {limit + 1}\r\nOrigin: {PAGE}\r\n\r\n"
        connection.sendall(head.encode())
        answer = connection.recv(65_536)
        while b"trace_id" not in answer:
            answer += connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Content-Type: application/problem+json" in answer
    assert b'"type":"/problems/body-too-large"' in answer
    assert b"Access-Control-Allow-Origin: " + PAGE.encode() in answer
    assert len(instance.requests) == 1


@pytest.mark.parametrize(("path", "status"), [("/metrics", 404), ("/health", 404), ("/health/ready", 201)])
def test_what_is_for_operators_is_not_shown_to_callers(balanced, path, status):
    url, _ = balanced(answers)
    assert httpx2.get(f"{url}{path}", timeout=20).status_code == status
