"""What KEDA's own redis-streams scaler makes of our stream, by the trigger that the chart writes."""

import json
import subprocess
from urllib.parse import urlsplit

import pytest
import redis.asyncio
from fluxo_balances.adapters.redis.consumer_group import ConsumerGroup
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM, EVENT_FIELD

from tests.deploy.chart import MOST, of_kind, rendered
from tests.kubernetes.programs import build_scaler

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def scaler():
    return build_scaler()


class Published:
    """Ten events, and what the projectors' group does with them."""

    def __init__(self, streams: redis.asyncio.Redis, group: ConsumerGroup) -> None:
        self._streams, self._group = streams, group
        self.ids: list[bytes] = []

    async def publish(self) -> None:
        self.ids = [await self._streams.xadd(ENTRIES_STREAM, {EVENT_FIELD: b"{}"}) for _ in range(10)]

    async def group(self) -> None:
        await self._group.make()

    async def read(self, count: int) -> None:
        await self._streams.xreadgroup(DAILY_BALANCES_GROUP, "a-projector", {ENTRIES_STREAM: ">"}, count)

    async def acknowledge(self, count: int) -> None:
        await self._streams.xack(ENTRIES_STREAM, DAILY_BALANCES_GROUP, *self.ids[:count])

    async def trim(self, count: int) -> None:
        await self._streams.xtrim(ENTRIES_STREAM, minid=self.ids[count], approximate=False)


@pytest.fixture
async def group(streams_client):
    return ConsumerGroup(streams_client)


def asked(scaler, url: str) -> dict:
    """The scaler's answer to the trigger of the chart, with the address of a server that is here."""
    (trigger,) = of_kind(rendered(MOST), "ScaledObject")["fluxo-balances-projector"]["spec"]["triggers"]
    server = urlsplit(url)
    told = {
        "metadata": trigger["metadata"] | {"address": f"{server.hostname}:{server.port}"},
        "authParams": {"password": server.password or ""},
    }
    done = subprocess.run([scaler], input=json.dumps(told), capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


STATES = [
    ("no stream", "", 0, 0),
    ("10 published, no group", "publish", 10, 0),
    ("nothing read", "publish, group", 10, 0),
    ("4 read", "publish, group, read 4", 6, 4),
    ("4 acknowledged", "publish, group, read 4, acknowledge 4", 6, 0),
    ("4 trimmed", "publish, group, read 4, acknowledge 4, trim 4", 6, 0),
    ("all read", "publish, group, read 10", 0, 10),
    ("5 acknowledged", "publish, group, read 10, acknowledge 5", 0, 5),
    ("all acknowledged", "publish, group, read 10, acknowledge 10", 0, 0),
]


@pytest.mark.parametrize(
    ("steps", "lag", "pending"),
    [state[1:] for state in STATES],
    ids=[f"{name}: {lag} where {lag + pending} are to do" for name, _, lag, pending in STATES],
)
async def test_the_scaler_says(scaler, streams, streams_url, group, steps, lag, pending):
    published = Published(streams, group)
    for name, *count in map(str.split, filter(None, steps.split(", "))):
        await getattr(published, name)(*map(int, count))
    assert asked(scaler, streams_url) == {"value": lag, "target": 5000}
    if "group" in steps:
        told = await group.backlog()
        assert (told.unread, told.pending) == (lag, pending)


async def test_a_wrong_password_is_an_error_and_no_lag(scaler, own_server):
    server = own_server(persistent=True)
    assert "WRONGPASS" in asked(scaler, f"redis://:wrong@127.0.0.1:{server.port}")["error"]
