"""Both services and the page in one process over memory, asked with tokens that are really signed and checked.

Two merchants have books in it: `OWN` asks, `FOREIGN` must not be noticed by anybody who is not it.
"""

import asyncio
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlencode
from uuid import UUID

import orjson
from fluxo_balances.application.reading.await_entry import AwaitEntry
from fluxo_balances.application.reading.follow_changes import FollowChanges
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.application.reading.get_daily_balances import GetDailyBalances
from fluxo_balances.application.reading.list_api_key_uses import ListApiKeyUses
from fluxo_balances.application.reading.ports import ApiKeyUse
from fluxo_balances.application.use_cases import ApiUseCases
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache
from fluxo_balances.entrypoints.http.app import create_balances_app
from fluxo_chassis.auth import JwksKeys, TokenVerifier
from fluxo_chassis.auth.api_keys import new_key
from fluxo_chassis.health import Health
from fluxo_chassis.process import SystemClock
from fluxo_chassis.resilience import Bulkhead
from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.application.importing.ports import Import, ImportLine, ImportState
from fluxo_entries.application.sealing.seal_entries import SealEntries
from fluxo_entries.domain.api_key import ApiKey
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.merchant import Merchant
from fluxo_entries.domain.statement_line import LineStatus
from fluxo_entries.entrypoints.http.app import create_entries_app
from fluxo_local.issuer import AUDIENCE, ISSUER, DevelopmentIssuer

from deploy.permissions import KEY_SCOPES, SCOPES
from services.balances.tests.fakes import (
    MemoryApiKeyUses,
    MemoryCache,
    MemoryConsolidation,
    MemoryPositions,
    MemoryReadModel,
)
from services.entries.tests.fakes import FakeService
from tests.harness.page import Service, page_over

OWN, FOREIGN = "padaria", "farmacia"
DAY = date(2026, 11, 20)
CLOSED_DAY = date(2026, 10, 31)
# The API key and the import of each have the same id as its entry.
OWN_ENTRY, FOREIGN_ENTRY, NO_ENTRY = (UUID(f"019ac5a0-0000-7000-9000-{number:012x}") for number in (1, 2, 3))
OWN_MARKS = ("Pao de mel", "Padaria da Ana", "Caixa da Ana", "Extrato da Ana", "1717.17", "1.717,17", str(OWN_ENTRY))
FOREIGN_MARKS = (
    *("Xarope do Joaquim", "Farmacia do Rui", "Caixa do Rui", "Extrato do Rui", "remedios", "8383.83", "8.383,83"),
    *(str(FOREIGN_ENTRY), FOREIGN),
)
"""What is shown nowhere but in one merchant's books."""
SEALS_KEY = "what-the-relay-seals-with-and-nobody-else-knows"


class Issuer:
    """Signs a token once for each of the few that are asked for."""

    def __init__(self) -> None:
        with TemporaryDirectory() as directory:
            issuer = DevelopmentIssuer(Path(directory) / "data")
            self._token = cache(
                lambda merchant, role, scopes: issuer.token(
                    merchant, scopes=sorted(scopes), role=role, subject="ana", lifetime=timedelta(hours=1)
                )
            )
            self.jwks = issuer.jwks.read_text()

    def token(self, role, scopes=SCOPES, merchant=OWN):
        return self._token(merchant, role, frozenset(scopes))


class TokensOfSessions:
    """What a provider would give to each session: all scopes, and the session's role."""

    def __init__(self, issuer) -> None:
        self._issuer = issuer

    async def token_of(self, session):
        return self._issuer.token(session.role, merchant=session.merchant_id)

    def renewed(self, session): ...

    async def end(self, session): ...


class InMemory:
    """`apps` by name; `state()` is all that a request could have changed."""

    def __init__(self, directory: Path) -> None:
        self.issuer = Issuer()
        jwks = directory / "jwks.json"
        jwks.write_text(self.issuer.jwks)
        self._entries, self._books = FakeService(), MemoryReadModel()
        self.verifier = TokenVerifier(
            JwksKeys(jwks.as_uri()),
            issuer=ISSUER,
            audience=AUDIENCE,
            tenant_claim="merchant_id",
            api_keys=self._entries.api_keys,
        )
        self.seals, self.memory = self._entries.seals, self._entries.memory
        self.consolidation = MemoryConsolidation()
        entries = create_entries_app(self._entries.use_cases, health=Health(), verifier=self.verifier)
        self.apps = {"entries": entries, "balances": self._balances_app()}
        self._fill()

    def _balances_app(self):
        bulkhead = Bulkhead("reads", running_max=4, waiting_max=4, wait_max_s=1.0)
        answers = AnswerCache(MemoryCache(), bulkhead, bulkhead, database_is_unavailable=lambda: False)
        use_cases = ApiUseCases(
            get_daily_balance=GetDailyBalance(self._books),
            get_daily_balances=GetDailyBalances(self._books),
            get_category_totals=GetCategoryTotals(self._books),
            await_entry=AwaitEntry(self.consolidation, answers, SystemClock()),
            follow_changes=FollowChanges(MemoryPositions(), answers),
            list_api_key_uses=ListApiKeyUses(
                MemoryApiKeyUses({OWN: [ApiKeyUse(OWN_ENTRY, None)], FOREIGN: [ApiKeyUse(FOREIGN_ENTRY, None)]})
            ),
        )
        return create_balances_app(use_cases, answers, health=Health(), verifier=self.verifier)

    def _fill(self) -> None:
        books = (
            (OWN, OWN_ENTRY, 171717, "Pao de mel", "doces", "Padaria da Ana", "da Ana"),
            (FOREIGN, FOREIGN_ENTRY, 838383, "Xarope do Joaquim", "remedios", "Farmacia do Rui", "do Rui"),
        )
        memory, now = self._entries.memory, self._entries.clock.now()
        for merchant, entry_id, amount, description, category, name, whose in books:
            memory.merchants[merchant] = Merchant(merchant, name=name)
            entry = Entry(entry_id, merchant, Direction.CREDIT, amount, "BRL", DAY, description, category, None, now)
            memory.entries[entry_id] = entry
            memory.keys[merchant, f"key-of-{merchant}"] = b"", entry
            self._books.add(merchant, DAY, credit=amount, category=category)
            digest, state = merchant.encode().ljust(32), ImportState.READY
            memory.imports[entry_id] = Import(entry_id, merchant, digest, f"Extrato {whose}", "BRL", now, state=state)
            line = ImportLine(1, "line 1", DAY, amount, description, line_key=digest)
            memory.import_lines[entry_id] = {1: line, 2: ImportLine(2, "line 2", status=LineStatus.INVALID)}
            self.add_key(merchant, entry_id, f"Caixa {whose}")
            asyncio.run(self._entries.day_closes.close(merchant, CLOSED_DAY, name))
        asyncio.run(SealEntries(self.seals, SealKeys(SEALS_KEY))())

    def add_key(self, merchant, key_id, name, scopes=KEY_SCOPES, expires_at=None, revoked_at=None):
        """Return a new API key, which is only good while nothing was restored."""
        key, key_hash = new_key(key_id)
        api_key = ApiKey(key_id, merchant, name, tuple(sorted(scopes)), self._entries.clock.now(), expires_at)
        self._entries.memory.api_keys[key_id] = api_key, key_hash, revoked_at
        return key

    def state(self, of=None):
        """Return all that is recorded, or what is of one merchant."""
        memory = self._entries.memory
        parts = (
            {each: entry for each, entry in memory.entries.items() if of in (None, entry.merchant_id)},
            {key: known for key, known in memory.keys.items() if of in (None, key[0])},
            {each: merchant for each, merchant in memory.merchants.items() if of in (None, each)},
            {each: known for each, known in memory.api_keys.items() if of in (None, known[0].merchant_id)},
            {each: known for each, known in memory.imports.items() if of in (None, known.merchant_id)},
            {each: dict(lines) for each, lines in memory.import_lines.items() if of in (None, self._whose(each))},
            {each: trail for each, trail in memory.day_closes.items() if of in (None, each)},
        )
        return *parts, [row for row in self._books.entries if of in (None, row[0])]

    def restore(self, state) -> None:
        memory = self._entries.memory
        memory.entries, memory.keys, memory.merchants, memory.api_keys = map(dict, state[:4])
        memory.imports, memory.import_lines, memory.day_closes = map(dict, state[4:7])

    def _whose(self, import_id):
        return self._entries.memory.imports[import_id].merchant_id

    @asynccontextmanager
    async def page(self):
        """Yield the page over both services."""
        services = {name: Service(app) for name, app in self.apps.items()}
        async with page_over(**services, tokens=TokensOfSessions(self.issuer)) as app:
            yield app


class Answer:
    """`status`, `headers` by lower-case name, and `text`: of a stream what it begins with."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 0, {}, b""

    @property
    def text(self) -> str:
        # Not all is text: a file may be asked for.
        return self.body.decode(errors="replace")

    @property
    def json(self):
        return orjson.loads(self.body)


def _parts(form) -> bytes:
    """Return a form as a browser sends it that has a file in it."""
    named = {name: f'"{name}"; filename="a.csv"' if name == "file" else f'"{name}"' for name in form}
    parts = (f"--part\r\nContent-Disposition: form-data; name={named[each]}\r\n\r\n{form[each]}\r\n" for each in form)
    return ("".join(parts) + "--part--\r\n").encode()


async def ask(app, method, path, *, token=None, headers=None, json=None, form=None, content=b"") -> Answer:
    """Send one request past the network, the path as it stands in a request line.

    A stream is left after its first piece, as by a browser that goes away.
    """
    path, _, query = path.partition("?")
    given = {"host": "fluxo", **(headers or {})}
    if token is not None:
        given["authorization"] = f"Bearer {token}"
    body = content
    if json is not None:
        given["content-type"], body = "application/json", orjson.dumps(json)
    if form is not None and "file" in form:
        given["content-type"], body = "multipart/form-data; boundary=part", _parts(form)
    elif form is not None:
        given["content-type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
    if body:
        given["content-length"] = str(len(body))
    answer, is_read, may_leave = Answer(), False, asyncio.Event()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": ("203.0.113.7", 40000),
        "server": ("fluxo", 80),
    }

    async def receive():
        nonlocal is_read
        if not is_read:
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}
        await may_leave.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")
            may_leave.set()

    await app(scope, receive, send)
    return answer
