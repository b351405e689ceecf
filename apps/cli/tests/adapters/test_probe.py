"""Servers that hang, and servers that are busy with themselves: only the first are to be killed."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fluxo_local.embedded import probe
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.probe import greet_postgres, ping_valkey
from fluxo_local.embedded.valkey import ValkeyServer


@contextmanager
def _server_that_says(answer: bytes) -> Iterator[int]:
    """Answer the one client that comes; with nothing to say, do as the kernel does for a stopped server: take it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        if answer:
            threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    monkeypatch.setattr(probe, "_TIMEOUT_S", 0.5)


def test_a_server_that_only_takes_connections_is_silent():
    with _server_that_says(b"") as port:
        assert greet_postgres(port) == b""
    with _server_that_says(b"") as port:
        assert ping_valkey(port, "secret") == []
    assert greet_postgres(port) == b""
    assert ping_valkey(port, "secret") == []


def test_a_postgres_that_recovers_is_alive_and_not_ready(tmp_path: Path, monkeypatch):
    with _server_that_says(b"E\0\0\0\x0fC57P03\0") as port:
        server = PostgresServer(tmp_path, port)
        assert server.is_alive()
    with _server_that_says(b"E\0\0\0\x0fC57P03\0") as port:
        server = PostgresServer(tmp_path, port)
        monkeypatch.setattr(server, "_says_ready", lambda: True)
        assert not server.is_ready()


def test_a_valkey_that_loads_its_file_is_alive_and_not_ready(tmp_path: Path):
    with _server_that_says(b"+OK\r\n-LOADING Valkey is loading the dataset in memory\r\n") as port:
        server = ValkeyServer(tmp_path, port, persistent=True)
        assert server.is_alive()
        assert not server.is_ready()


@pytest.mark.parametrize(
    "make",
    [
        lambda directory, port: PostgresServer(directory, port, fast=True),
        lambda directory, port: ValkeyServer(directory, port, persistent=True),
    ],
)
def test_a_stopped_server_is_neither_and_both_again_when_it_goes_on(
    tmp_path: Path, free_ports: Callable[[int], int], make: Callable
):
    server = make(tmp_path / "server", free_ports(1))
    server.start()
    try:
        assert (server.is_ready(), server.is_alive()) == (True, True)
        os.kill(server.process.pid, signal.SIGSTOP)
        assert (server.is_ready(), server.is_alive()) == (False, False)
        os.kill(server.process.pid, signal.SIGCONT)
        assert (server.is_ready(), server.is_alive()) == (True, True)
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
        server.stop()


def test_asking_every_second_leaves_no_trace_in_the_log(tmp_path: Path, free_ports: Callable[[int], int]):
    server = PostgresServer(tmp_path / "server", free_ports(1), fast=True)
    server.start()
    for _ in range(3):
        assert server.is_ready()
    server.stop()
    assert "client" not in (server.directory / "server.log").read_text()
