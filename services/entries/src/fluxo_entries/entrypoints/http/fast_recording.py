"""Entries that are recorded past the framework: `POST /v1/entries` of a known token, all of it plain and good.

It decides nothing by itself: the rules are those of the slow path, where whatever one of them refuses is told so.
"""

import asyncio
from typing import Final

from fastapi import Response
from fluxo_chassis.auth import Principal, TokenVerifier, recognised
from fluxo_chassis.auth.requires import PLAIN_PRICE
from fluxo_chassis.http.fast.fast_route import Answer, FastRequest, Headers
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.http.given_once import parse_json
from fluxo_chassis.http.middleware import problem_of_failure
from fluxo_chassis.http.problem_answers import problem_answer
from fluxo_chassis.resilience.rate_limits import RateLimits

from fluxo_entries.application.cooperative import short_work
from fluxo_entries.application.recording.ports import Outcome
from fluxo_entries.application.recording.record_entry import RecordEntry
from fluxo_entries.domain.draft import parse_draft, rules_for
from fluxo_entries.domain.errors import EntriesError
from fluxo_entries.entrypoints.http import record_entry
from fluxo_entries.entrypoints.http.answers import recorded_at_once
from fluxo_entries.entrypoints.http.parameters import parse_header
from fluxo_entries.entrypoints.http.problems import problem_of

_TARGET: Final = record_entry.PATH.encode()


class FastRecording:
    """A `FastRoute`."""

    def __init__(self, record_entry: RecordEntry, verifier: TokenVerifier, limits: RateLimits | None = None) -> None:
        self._record_entry = record_entry
        self._verifier = verifier
        self._limits = limits

    def caller(self, method: bytes, target: bytes, headers: Headers) -> Principal | None:
        if method != b"POST" or target != _TARGET:
            return None
        return recognised(self._verifier, headers.get(b"authorization", b""), record_entry.SCOPE)

    def begin(self, request: FastRequest, answer: Answer) -> bool:
        caller, traceparent = request.caller, request.context.traceparent
        try:
            merchant = self._record_entry.known_merchant(caller.tenant)
            key = parse_header(request.headers.get(b"idempotency-key", b"").decode("latin-1"))
            fields = parse_json(request.body)
            if merchant is None or not isinstance(fields, dict):
                return False
            draft = parse_draft(fields, rules_for(fields, merchant.currency))
            decided = self._record_entry.decide(merchant, draft, idempotency_key=key, traceparent=traceparent)
            # Last: whatever goes the slow path is charged there.
            if self._limits is not None and not self._limits.admits(caller.tenant, PLAIN_PRICE):
                return False
            recording = self._record_entry.begin(decided)
        except (EntriesError, ValueError, RecursionError):
            return False

        def end(done: asyncio.Future[Outcome]) -> None:
            short_work.end()
            error = asyncio.CancelledError() if done.cancelled() else done.exception()
            if error is None:
                answer(recorded_at_once(done.result(), record_entry.PATH))
            else:
                answer(ReadyAnswer.of(_refused(error), route=record_entry.PATH, tenant=caller.tenant))

        short_work.begin()
        asyncio.ensure_future(recording).add_done_callback(end)
        return True


def _refused(error: BaseException) -> Response:
    return problem_answer(problem_of(error) if isinstance(error, EntriesError) else problem_of_failure(error))
