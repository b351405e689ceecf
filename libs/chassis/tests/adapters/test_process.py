"""Real processes: what a signal does, what is still answered, and with which code it ends."""

import asyncio
import signal
import sys

import httpx2
import pytest

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio

SERVICE = """
import asyncio, sys
from fluxo_chassis.health import Health, health_app
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.server import serve
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.process import run
from fluxo_chassis.settings import ProcessSettings, load

settings = load(ProcessSettings)
configure_logging(settings, "test")
app = create_app(title="t", version="1", description="", health=Health())

@app.get("/slow")
async def slow() -> str:
    print("slow began", flush=True)
    await asyncio.sleep(0.5)
    return "done"

@app.post("/body")
async def body(value: list[int]) -> int:
    return len(value)

async def main(stop):
    await serve(app, settings, stop)

sys.exit(run(main))
"""


async def start(program, port, **more):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env={"FLUXO_PORT": str(port), "PATH": "/usr/bin:/bin", **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.fixture
async def service(anyio_backend):
    port = free_port()
    process = await start(SERVICE, port)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        async with asyncio.timeout(60):
            while True:
                try:
                    await client.get("/health/live")
                    break
                except httpx2.ConnectError:
                    await asyncio.sleep(0.02)
        yield process, client, port
    if process.returncode is None:
        process.kill()
        await process.wait()


async def until_said(process, text):
    async with asyncio.timeout(60):
        while text not in (await process.stdout.readline()).decode():
            pass


async def test_what_was_begun_is_answered_before_it_stops_cleanly(service):
    process, client, _ = service
    slow = asyncio.create_task(client.get("/slow"))
    await until_said(process, "slow began")
    process.send_signal(signal.SIGTERM)
    assert (await slow).json() == "done"
    async with asyncio.timeout(60):
        assert await process.wait() == 0


async def test_a_stop_ends_kept_connections_after_their_answer_and_takes_no_new_ones(service):
    process, _, port = service
    idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", port)
    busy_reader, busy_writer = await asyncio.open_connection("127.0.0.1", port)
    idle_writer.write(b"GET /health/live HTTP/1.1\r\nHost: t\r\n\r\n")
    assert b"connection: close" not in (await idle_reader.readuntil(b"\r\n\r\n")).lower()
    busy_writer.write(b"GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")
    await until_said(process, "slow began")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(60):
        await idle_reader.read()
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await asyncio.open_connection("127.0.0.1", port)
        last = (await busy_reader.read()).lower()
    assert last.startswith(b"http/1.1 200")
    assert b"connection: close" in last
    assert await process.wait() == 0
    idle_writer.close()
    busy_writer.close()


async def test_a_second_signal_ends_it_at_once(service):
    process, client, _ = service
    slow = asyncio.create_task(client.get("/slow"))
    await until_said(process, "slow began")
    process.send_signal(signal.SIGTERM)
    await until_said(process, "stopping")
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 128 + signal.SIGINT
    with pytest.raises(httpx2.TransportError):
        await slow


async def test_a_port_that_is_taken_is_said_in_a_sentence(service):
    _, _, port = service
    second = await start(SERVICE, port)
    _, told = await second.communicate()
    assert second.returncode == 2
    assert told.decode().startswith(f"FLUXO_PORT: cannot listen on 127.0.0.1:{port}")


async def test_it_says_debug_lines_from_one_signal_to_the_other(service):
    process, client, _ = service

    async def told_until(text):
        lines = []
        async with asyncio.timeout(60):
            while text not in (lines[-1] if lines else ""):
                lines.append((await process.stdout.readline()).decode())
        return lines

    # A line of its own at every level: what came before it has been said or never will be.
    await client.get("/health/live")
    await client.get("/nowhere")
    assert '"debug"' not in "".join(await told_until('"http.route":"other"'))
    process.send_signal(signal.SIGUSR1)
    await told_until("the log level is debug now")
    await client.get("/health/live")
    assert '"log.level":"debug"' in (await told_until('"http.route":"/health/live"'))[-1]
    process.send_signal(signal.SIGUSR2)
    await told_until("the log level is as configured again")
    await client.get("/health/live")
    await client.get("/nowhere")
    assert len(await told_until('"http.route":"other"')) == 1


async def test_an_exception_ends_it_with_one_and_is_logged():
    process = await start(
        "import sys; from fluxo_chassis.process import run\nasync def main(stop): 1/0\nsys.exit(run(main))", 1
    )
    told, _ = await process.communicate()
    assert process.returncode == 1
    assert b"ZeroDivisionError" in told


@pytest.mark.parametrize("start_it", ["run(main)", "run_once('It failed', look)"])
async def test_it_does_not_search_what_it_imported_for_cycles(start_it):
    program = f"""
import gc, sys
gc.disable()  # as services do while they import
from fluxo_chassis.process import run, run_once

def look():
    print(len(gc.get_objects()) < gc.get_freeze_count(), gc.isenabled())

async def main(stop):
    look()
    assert gc.get_threshold()[0] > 10_000

sys.exit({start_it})
"""
    process = await start(program, free_port())
    told, _ = await process.communicate()
    assert told.split() == [b"True", b"True"]


HEAD = b"POST /body HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"


async def test_a_chunked_body_over_the_limit_is_refused_and_the_connection_lives_on(service):
    _, _, port = service
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(500):
        writer.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n" + HEAD + b"Connection: close\r\nContent-Length: 6\r\n\r\n[1, 2]")
    async with asyncio.timeout(60):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"/problems/body-too-large" in answer
    assert b"HTTP/1.1 200 OK" in answer
    writer.close()


async def test_a_body_announced_as_too_large_is_refused_before_it_comes(service):
    _, _, port = service
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"Content-Length: 99999999\r\n\r\n")
    async with asyncio.timeout(60):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()
