"""compose.yaml on a real engine, on images built on stand-ins (`make test-deploy`). One story, told in this order."""

import time

import httpx2
import pytest

from tests.deploy.containers.recorder import Recorder
from tests.deploy.containers.stack import Stack
from tests.harness.waiting import until

pytestmark = pytest.mark.timeout(600)  # whoever is first waits for the images

PROCESSES = ("entries-api", "entries-relay", "balances-api", "balances-projector", "dashboard")
SERVERS = ("nginx", "entries-db", "balances-db", "streams", "cache")
KEPT = {f"fluxo_{name}" for name in ("entries-db", "balances-db", "streams")}


def test_an_entry_is_a_balance_and_the_page_is_there(stack, merchant):
    recorded = stack.record(merchant, "first")
    assert recorded
    assert stack.entries(merchant, recorded) == 1
    with httpx2.Client(timeout=20) as browser:
        page = browser.get(f"http://127.0.0.1:{stack.ports[8000]}/sign-in", headers={"Host": "fluxo.example"})
        assert page.status_code == 200
        assert browser.get(f"http://127.0.0.1:{stack.ports[8001]}/metrics").status_code == 404


def test_nothing_that_runs_is_root_has_rights_or_writes_to_its_root(stack):
    containers = stack.containers()
    assert {each["Config"]["Labels"]["com.docker.compose.service"] for each in containers.values()} == {
        *PROCESSES,
        *SERVERS,
    }
    for name, each in containers.items():
        status = dict(
            line.split(":\t", 1)
            for line in stack.engine.docker("exec", each["Id"], "cat", "/proc/1/status").splitlines()
        )
        assert "0" not in status["Uid"].split(), name
        assert (status["CapBnd"], status["NoNewPrivs"], status["Seccomp"]) == ("0" * 16, "1", "2"), name
        touched = "for place in / /etc /usr /app; do ! touch $place/file 2> /dev/null || exit 1; done; touch /tmp/file"
        stack.engine.docker("exec", each["Id"], "sh", "-c", touched)


def test_each_process_reaches_its_own_servers_and_no_others(stack):
    hosts = ("entries-db", "balances-db", "streams", "cache")
    reached = {}
    for name in (f"{process}-1" for process in PROCESSES):
        ask = (
            f"import socket\nfor host in {hosts}:\n try: print(socket.gethostbyname(host) and host)\n except OSError: 0"
        )
        told = stack.engine.docker("exec", stack.containers()[name]["Id"], "python", "-c", ask)
        reached[name.removesuffix("-1")] = set(told.split())
    assert reached == {
        "entries-api": {"entries-db"},
        "entries-relay": {"entries-db", "streams"},
        "balances-api": {"balances-db", "cache"},
        "balances-projector": {"balances-db", "streams", "cache"},
        "dashboard": set(),
    }


def test_every_container_may_be_killed_and_every_acknowledged_entry_counts_once(stack, merchant, saw):
    before = stack.entries(merchant)
    killed = stack.containers()
    with Recorder(stack, "killed").running() as recorder:
        for name, each in killed.items():
            since = time.monotonic()
            stack.engine.kill(each["Id"])
            until(lambda id_=each["Id"]: restarted(stack, id_), what=f"{name} is started again")
            recorder.until_more()
            saw(f"SIGKILL of {name}, until it runs and five more entries are recorded", since)
    saw(f"{recorder.acknowledged} entries acknowledged meanwhile, {recorder.refused} tries refused", since)
    stack.until_healthy()
    assert {name: each["RestartCount"] for name, each in stack.containers().items()} == dict.fromkeys(killed, 1)
    since = time.monotonic()
    # What a projector had taken when it was killed is taken over after half a minute.
    until(lambda: stack.entries(merchant) >= before + recorder.acknowledged, what="every acknowledged entry")
    saw("until the balance has every acknowledged entry", since)
    assert stack.entries(merchant) == stack.listed(merchant) == before + recorder.acknowledged


def restarted(stack: Stack, container: str) -> bool:
    known = stack.engine.api.get(f"/containers/{container}/json").json()
    return known["RestartCount"] == 1 and known["State"]["Running"]


def test_instances_are_added_by_the_documented_command_and_nginx_finds_them(stack, saw):
    """Whatever the health of the rest, which is let alone."""
    before, since = stack.containers(), time.monotonic()
    stack.compose("up", "--detach", "--no-deps", "--no-recreate", "--scale", "entries-api=4", "entries-api")
    added = stack.containers("entries-api").keys() - before.keys()
    assert added == {"entries-api-3", "entries-api-4"}
    with Recorder(stack, "scaled").running():
        until(lambda: all(served(stack, name) for name in added), what="entries at the new instances", every_s=0.5)
    saw("two more entries APIs, until each has recorded an entry", since)
    after = stack.containers()
    assert {name: after[name]["State"]["StartedAt"] for name in before} == {
        name: each["State"]["StartedAt"] for name, each in before.items()
    }
    stack.compose("up", "--detach", "--no-deps", "--no-recreate", "--scale", "entries-api=2", "entries-api")
    assert stack.containers().keys() == before.keys()


def served(stack: Stack, name: str) -> bool:
    lines = stack.engine.docker("logs", f"fluxo-{name}").splitlines()
    return any("/v1/entries" in line and "201" in line for line in lines)


def test_each_service_stops_in_order_within_its_time(stack, merchant, saw):
    before = stack.entries(merchant)
    with Recorder(stack, "stopped").running() as recorder:
        for service in (*PROCESSES, *SERVERS):
            running = stack.containers(service)
            since = time.monotonic()
            stack.compose("stop", service)
            saw(f"stop of {service}", since)
            for name, each in running.items():
                state = stack.engine.api.get(f"/containers/{each['Id']}/json").json()["State"]
                assert (state["ExitCode"], state["OOMKilled"]) == (0, False), name
                assert time.monotonic() - since < (each["Config"].get("StopTimeout") or 10), name
            stack.compose("start", service)
            recorder.until_more()
    stack.until_healthy()
    until(lambda: stack.entries(merchant) >= before + recorder.acknowledged, what="every acknowledged entry")
    assert stack.entries(merchant) == stack.listed(merchant) == before + recorder.acknowledged


def test_a_missing_key_set_is_refused_and_not_made_a_folder(stack):
    keys = stack.folder / "jwks.json"
    aside = keys.rename(stack.folder / "aside.json")
    with pytest.raises(AssertionError, match="bind source path does not exist"):
        stack.compose("up", "--detach", "--no-deps", "--force-recreate", "entries-api")
    assert not keys.exists()
    aside.rename(keys)
    stack.up()


def test_down_and_up_keep_every_entry_and_leave_no_volume_behind(stack, merchant, saw):
    before, since = stack.entries(merchant), time.monotonic()
    stack.compose("down")
    saw("compose down", since)
    assert stack.containers(every=True) == {}
    volumes = {each["Name"] for each in stack.engine.api.get("/volumes").json()["Volumes"]}
    assert volumes == KEPT

    since = time.monotonic()
    stack.up()
    saw("compose up again, until all are healthy", since)
    assert stack.entries(merchant) == before
    recorded = stack.record(merchant, "after")
    assert stack.entries(merchant, recorded) == stack.listed(merchant) == before + 1
