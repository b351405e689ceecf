"""Events on a real stream, projectors that take them from it, and the API process as it is deployed."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx2
import orjson
import pytest
from fluxo_balances.adapters.events import EventReader
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.consumer_group import ConsumerGroup
from fluxo_balances.adapters.redis.entry_events import RedisEntryEvents
from fluxo_balances.application.projecting.ports import RecordedEntry
from fluxo_balances.application.projecting.project_entries import ProjectEntries
from fluxo_balances.bootstrap.api import run_api
from fluxo_balances.settings import ApiSettings
from fluxo_chassis.process import SystemClock
from fluxo_contracts.entry_recorded import EntryRecorded, EntryRecordedData
from fluxo_contracts.envelope import encode
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.harness.ports import free_port
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.anyio

ONE_DAY_S = 86_400


def event_of(entry: RecordedEntry) -> bytes:
    amount_minor = entry.credit_minor or entry.debit_minor
    return encode(
        EntryRecorded(
            id=entry.id,
            time=entry.recorded_at,
            subject=entry.merchant_id,
            data=EntryRecordedData(
                id=entry.id,
                direction="credit" if entry.credit_minor else "debit",
                amount=f"{amount_minor // 100}.{amount_minor % 100:02d}",
                amount_minor=amount_minor,
                currency=entry.currency,
                business_date=entry.business_date,
                description="Venda",
                category=entry.category,
                recorded_at=entry.recorded_at,
            ),
        )
    )


def _at_delivery(dump: bytes, stream_id: str) -> tuple[bytes, bytes, bytes]:
    """Split a dumped stream around an event's id, there where the time of its delivery follows."""
    raw_id = struct.pack(">QQ", *map(int, stream_id.split("-")))
    found = dump.find(raw_id)
    while abs(int.from_bytes(dump[found + 16 : found + 24], "little") / 1_000 - time.time()) > ONE_DAY_S:
        found = dump.index(raw_id, found + 1)
    return dump[:found], raw_id, dump[found + 16 :]


def _crc64(content: bytes) -> int:
    """Return the checksum of a dump: CRC-64 by Jones, reflected."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x95AC9329AC4BC9B5 if crc & 1 else 0)
    return crc


@dataclass
class Stream:
    """What the entries service and the operators do to the stream."""

    client: object

    async def publish(self, *entries: RecordedEntry) -> list[str]:
        return [await self.publish_raw(event=event_of(entry)) for entry in entries]

    async def publish_raw(self, **fields: bytes) -> str:
        return (await self.client.xadd(ENTRIES_STREAM, fields)).decode()

    async def pending(self) -> dict[str, str]:
        """The consumer of each event that is not acknowledged."""
        rows = await self.client.xpending_range(ENTRIES_STREAM, DAILY_BALANCES_GROUP, "-", "+", 10_000)
        return {row["message_id"].decode(): row["consumer"].decode() for row in rows}

    async def idle_min_ms(self) -> int:
        rows = await self.client.xpending_range(ENTRIES_STREAM, DAILY_BALANCES_GROUP, "-", "+", 10_000)
        return min(row["time_since_delivered"] for row in rows)

    async def age(self, consumer: str, *stream_ids: str, idle_s: float, deliveries: int = 1) -> None:
        """Make it so that the consumer got these events that long ago."""
        await self.client.xclaim(
            ENTRIES_STREAM,
            DAILY_BALANCES_GROUP,
            consumer,
            0,
            list(stream_ids),
            idle=int(idle_s * 1_000),
            retrycount=deliveries,
            justid=True,
        )

    async def put_ahead(self, hours: int) -> None:
        """Make it so that the server's clock was ahead when these events were delivered, and has been put right."""
        dump = await self.client.dump(ENTRIES_STREAM)
        content = dump[:-8]  # the checksum
        for stream_id in await self.pending():
            # In the list of the pending: the id, the milliseconds of its delivery, and how often it was delivered.
            before, raw_id, after = _at_delivery(content, stream_id)
            (delivered_ms,) = struct.unpack("<Q", after[:8])
            content = before + raw_id + struct.pack("<Q", delivered_ms + hours * 3_600_000) + after[8:]
        await self.client.restore(ENTRIES_STREAM, 0, content + struct.pack("<Q", _crc64(content)), replace=True)

    async def is_acknowledged(self) -> bool:
        return not await self.pending()

    async def dead_letters(self) -> list[dict[str, str]]:
        letters = await self.client.xrange(f"{ENTRIES_STREAM}.dead")
        return [
            {name.decode(): value.decode(errors="replace") for name, value in fields.items()} for _, fields in letters
        ]


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    """Wait until something holds that nobody announces."""

    async def wait(holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(60):
            while not await holds():  # noqa: ASYNC110 - other processes know no event of ours
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def stream(streams) -> Stream:
    return Stream(streams)


@pytest.fixture
def member(streams_client) -> Callable[[str], RedisEntryEvents]:
    """A consumer of the group, by its name."""
    return lambda consumer: RedisEntryEvents(streams_client, ConsumerGroup(streams_client), consumer)


@pytest.fixture
def projecting(member, pool, cache, cache_client) -> Callable[..., ProjectEntries]:
    """A projector's use case over real servers, by the consumer's name; parts may be replaced."""

    def build(consumer: str, **replaced: object) -> ProjectEntries:
        parts = {
            "events": member(consumer),
            "projection": PostgresProjection(pool),
            "answers": RedisBalanceCache(cache_client),
            "clock": SystemClock(),
            "decode": EventReader().told_by,
        }
        return ProjectEntries(**(parts | replaced))

    return build


@pytest.fixture
def day_totals(pool) -> Callable[[], Awaitable[dict]]:
    """Credits, debits and count of every merchant and day."""

    async def read() -> dict:
        rows = await pool.fetch("SELECT * FROM day_totals")
        return {
            (row["merchant_id"], row["business_date"]): (row["credits_minor"], row["debits_minor"], row["entry_count"])
            for row in rows
        }

    return read


@pytest.fixture
async def database_proxy(balances_database) -> AsyncIterator[Proxy]:
    async with Proxy(balances_database.api_url) as proxy:
        yield proxy


@pytest.fixture
async def cache_proxy(cache, cache_url) -> AsyncIterator[Proxy]:
    async with Proxy(cache_url) as proxy:
        yield proxy


@pytest.fixture
def stop() -> asyncio.Event:
    """Set as SIGTERM does."""
    return asyncio.Event()


@pytest.fixture
async def api(database_proxy, cache_proxy, tmp_path, monkeypatch, stop) -> AsyncIterator[httpx2.AsyncClient]:
    # It is for a whole process and for good: later tests could not look at their own lines any more.
    monkeypatch.setattr("fluxo_balances.bootstrap.api.configure_logging", lambda *_: None)
    key = ECKey.generate_key("P-256", {"kid": "test"}, auto_kid=False)
    (tmp_path / "jwks.json").write_bytes(orjson.dumps({"keys": [key.as_dict(private=False)]}))
    port = free_port()
    settings = ApiSettings(
        port=port,
        balances_database_url=database_proxy.url,
        cache_url=cache_proxy.url,
        auth_jwks_url=(tmp_path / "jwks.json").as_uri(),
    )
    process = asyncio.create_task(run_api(settings, stop))
    headers = {"Authorization": f"Bearer {_token(key)}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
        async with asyncio.timeout(60):
            while not await _is_ready(http):  # noqa: ASYNC110 - it listens when it does
                await asyncio.sleep(0.02)
        yield http
    stop.set()
    await process


async def _is_ready(http: httpx2.AsyncClient) -> bool:
    with suppress(httpx2.TransportError):
        return (await http.get("/health/ready")).status_code == 200
    return False


def _token(key: ECKey) -> str:
    claims = {
        "iss": "fluxo-development",
        "aud": "fluxo",
        "exp": int(time.time()) + 600,
        "merchant_id": "m1",
        "scope": "balances:read",
    }
    return jwt.encode({"alg": "ES256", "kid": "test"}, claims, key)
