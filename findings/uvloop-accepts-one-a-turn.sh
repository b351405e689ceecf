#!/usr/bin/env bash
# What: uvloop takes one waiting connection per turn of its loop; asyncio's own loop takes all that wait.
# Good guess: uvloop, being faster, empties the queue of waiting connections at least as fast.
# Seen: uvloop 0.23.0: 40 connections in 40 turns; asyncio (Python 3.11): 40 in 1.
# So: where a turn takes 2 ms of work, a burst of 500 new connections waits a second. Keep turns short, let clients and the
#   proxy in front keep connections, size the backlog for the burst.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore uvloop==0.23.0

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import asyncio
import socket
import uvloop

def burst(loop, clients=40):
    turn, accepted = 0, []

    class Server(asyncio.Protocol):
        def connection_made(self, transport):
            accepted.append(turn)
            transport.close()

    async def main():
        nonlocal turn
        server = await loop.create_server(Server, "127.0.0.1", 0, backlog=128)
        address = server.sockets[0].getsockname()
        waiting = [socket.create_connection(address) for _ in range(clients)]
        while len(accepted) < clients and turn < 1000:
            turn += 1
            await asyncio.sleep(0)
        server.close()
        for client in waiting:
            client.close()

    loop.run_until_complete(main())
    return f"{len(accepted)} connections, at most {max(map(accepted.count, accepted))} a turn"

print("asyncio:", burst(asyncio.new_event_loop()))
print("uvloop:", burst(uvloop.new_event_loop()))
END
)

want=$(cat <<'END'
asyncio: 40 connections, at most 40 a turn
uvloop: 40 connections, at most 1 a turn
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
