#!/usr/bin/env bash
# What: of a router that was included, FastAPI makes all routes a second time when the first request comes, whichever
#   route it is for; those that stand in the application itself, or in its list of routes, it makes once.
# Good guess: a route is made when it is declared, or at the latest when its router is included.
# Seen: fastapi 0.165.0: parameters of 20 routes are read 20 times by then, and 40 times after one request; with
#   `app.router.routes += router.routes` 20 and 20.
# So: the first request of each process waits for it on the event loop, some milliseconds for a route with models of its
#   own; ask once before you are ready, or add the routes as they are where the router has no prefix or dependency to add.
# Our guard: fluxo_chassis.http.fast.direct.add_routes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore fastapi==0.165.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
import asyncio
import fastapi
import fastapi.routing as routing

read = 0
of_fastapi = routing.get_dependant

def counted(*arguments, **options):
    global read
    read += 1
    return of_fastapi(*arguments, **options)

routing.get_dependant = counted

async def ask(app, path):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            assert message["status"] == 200, message

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}
    scope |= {"http_version": "1.1", "scheme": "http", "server": ("t", 80), "client": ("t", 1), "root_path": ""}
    await app(scope | {"asgi": {"version": "3.0"}}, receive, send)

for way in ("included", "added"):
    read = 0
    app, router = fastapi.FastAPI(), fastapi.APIRouter()
    for number in range(20):
        @router.get(f"/things/{number}")
        async def shown(size: int = 1):
            return size
    if way == "included":
        app.include_router(router)
    else:
        app.router.routes += router.routes
    before = read
    asyncio.run(ask(app, "/things/0"))
    print(f"{way}: {before} before the first request, {read} after it")
END
)

want=$(cat <<'END'
included: 20 before the first request, 40 after it
added: 20 before the first request, 20 after it
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
