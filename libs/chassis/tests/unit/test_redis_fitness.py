"""What a server tells of itself, and what becomes of a process that was to work with it."""

import pytest
from fluxo_chassis.redis import RedisReplyError, RedisUnavailableError, ping_redis, refuse_unfit

pytestmark = pytest.mark.anyio

GOOD = {b"server": b"valkey", b"version": b"9.1.2", b"mode": b"standalone", b"role": b"master"}


class Server:
    """Its own client and connection, too."""

    def __init__(self, facts=None, memory="maxmemory:0\r\nmaxmemory_policy:noeviction", masters=1):
        self.facts = GOOD | (facts or {})
        self.says = {("INFO", "memory"): memory, ("CLUSTER", "INFO"): f"cluster_state:ok\r\ncluster_size:{masters}"}
        self.ended = None

    async def connected(self):
        return self

    async def execute_pipeline(self, *commands):
        assert commands == (("PING",), ("HELLO", 3))
        return [b"PONG", self.facts]

    async def execute(self, *command):
        said = self.says[command]
        if isinstance(said, Exception):
            raise said
        return said.encode()

    def abort(self, reason):
        self.ended = reason


def of_memory(policy, used=10, limit=100, not_counted=0):
    return (
        f"# Memory\r\nused_memory:{used}\r\nmaxmemory:{limit}\r\nmaxmemory_policy:{policy}\r\n"
        f"mem_not_counted_for_evict:{not_counted}\r\n"
    )


NEVER = [
    (Server({b"server": b"redis", b"version": b"6.2.14"}), "it is Redis 6.2.14, and 7.0 is the oldest that will do"),
    (Server({b"mode": b"cluster"}, masters=3), "it is one of 3 masters of a cluster, which keep a part each"),
    (
        Server({b"mode": b"sentinel", b"role": b"sentinel"}),
        "it is a Sentinel, and the URL of those begins with redis+sentinel://",
    ),
    (Server(memory=of_memory("allkeys-lru")), "its maxmemory-policy is allkeys-lru, which removes what it should keep"),
]
NOT_NOW = [
    (Server({b"role": b"slave"}), "fail", "the server is a replica"),
    (Server({b"role": b"replica"}), "fail", "the server is a replica"),
    (Server(memory=of_memory("noeviction", used=100)), "fail", "its memory is full (maxmemory)"),
    (Server(memory=of_memory("volatile-lru", used=100)), "fail", "its memory is full (maxmemory)"),
]
LESS = "its maxmemory-policy is {}, where noeviction is the one that loses nothing"
WELL_ENOUGH = [
    (Server(), "pass", None),
    (Server({b"server": b"redis", b"version": b"7.0.15"}), "pass", None),
    (Server({b"mode": b"cluster"}), "pass", None),
    (Server({b"version": b"unknown"}), "pass", None),
    (Server(memory=of_memory("noeviction", used=120, not_counted=30)), "pass", None),
    (Server(memory=of_memory("volatile-lru")), "warn", LESS.format("volatile-lru")),
    (Server(memory=of_memory("allkeys-lru", limit=0)), "warn", LESS.format("allkeys-lru")),
    (Server(memory=RedisReplyError("NOPERM this user has no permissions to run the 'info' command")), "pass", None),
]


@pytest.mark.parametrize(("server", "why"), NEVER)
async def test_a_process_does_not_start_on_a_server_that_will_never_do(capsys, server, why):
    with pytest.raises(SystemExit) as ended:
        await refuse_unfit(server, "FLUXO_STREAMS_URL")
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"FLUXO_STREAMS_URL leads to a server that cannot be used: {why}.\n"
    seen = await ping_redis(server, keeps=True)
    assert (seen.status, seen.output) == ("fail", why)


@pytest.mark.parametrize(("server", "status", "output"), [*NOT_NOW, *WELL_ENOUGH])
async def test_on_one_that_may_be_well_in_a_moment_it_starts_and_health_says_what_is_wrong(server, status, output):
    await refuse_unfit(server, "FLUXO_STREAMS_URL")
    seen = await ping_redis(server, keeps=True)
    assert (seen.status, seen.output) == (status, output)
    assert (server.ended is not None) == (output == "the server is a replica")


async def test_one_that_is_away_is_waited_for(monkeypatch):
    async def away(_server):
        raise RedisUnavailableError

    monkeypatch.setattr(Server, "connected", away)
    await refuse_unfit(Server(), "FLUXO_STREAMS_URL")


async def test_a_cache_may_forget_and_be_old():
    assert (await ping_redis(Server(memory=of_memory("allkeys-lru", used=100)))).status == "pass"
    assert (await ping_redis(Server({b"version": b"6.2.14"}))).status == "warn"
    assert (await ping_redis(Server({b"mode": b"cluster"}, masters=2))).status == "fail"
