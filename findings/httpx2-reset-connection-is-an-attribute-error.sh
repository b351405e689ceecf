#!/usr/bin/env bash
# What: on uvloop, httpx2 raises an AttributeError where a server resets a connection as it opens, as one does that is killed with
#   callers in its queue: no subclass of HTTPError, so that "except httpx2.HTTPError" and a circuit breaker pass it by.
# Good guess: ConnectError, as the same client has it on asyncio's own loop.
# Seen: httpx2 2.16.2 over anyio 4.16.0 on uvloop 0.23.0, with a loop that is busy for some milliseconds at a time: "'NoneType' object
#   has no attribute 'getpeername'". uvloop has let go of the socket by the time that anyio asks it for its peer.
# So: a task that follows a service for ever ends for good, and a page is 500 and not "cannot be reached": catch the AttributeError of
#   that name, too, wherever it is asked.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore httpx2==2.16.2 httpcore2==2.16.2 anyio==4.16.0 uvloop==0.23.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
import asyncio
import socket
import struct
import threading
import time

import httpx2
import uvloop

server = socket.create_server(("127.0.0.1", 0))


def reset() -> None:
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


async def be_busy() -> None:
    while True:
        time.sleep(0.003)
        await asyncio.sleep(0)


async def errors() -> set[str]:
    seen = set()

    async def ask(client: httpx2.AsyncClient) -> None:
        for _ in range(100):
            try:
                await client.get("/")
            except Exception as error:
                if not isinstance(error, httpx2.HTTPError):
                    seen.add(f"{type(error).__name__}: {error}")

    busy = asyncio.create_task(be_busy())
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.getsockname()[1]}") as client:
        await asyncio.gather(*(ask(client) for _ in range(8)))
    busy.cancel()
    return seen


threading.Thread(target=reset, daemon=True).start()
for name, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
    print(f"{name}, beside HTTPError: {', '.join(sorted(run(errors()))) or 'nothing'}")
END
)

want=$(cat <<'END'
asyncio, beside HTTPError: nothing
uvloop, beside HTTPError: AttributeError: 'NoneType' object has no attribute 'getpeername'
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
