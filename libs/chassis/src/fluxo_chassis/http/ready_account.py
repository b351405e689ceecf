import asyncio
import threading
import time
from collections import deque

from prometheus_client import Histogram

from fluxo_chassis import tracing
from fluxo_chassis.http import account
from fluxo_chassis.http.ready_answer import ReadyAnswer
from fluxo_chassis.http.request_line import RequestLine

SETTLE_AFTER_S = 0.01

Kind = tuple[str, str, int]


class ReadyAccount:
    """What `account` does, for ready answers: there are many of them and few kinds.

    They are noted when they are sent, and settled together a moment later: in one go that costs a fraction. They are
    settled before any other line is logged, so the order of lines stays. Who ends the server settles the rest.
    """

    def __init__(self) -> None:
        self._noted: deque[tuple[Kind, float, str, tracing.TraceContext, int]] = deque()
        self._kinds: dict[Kind, tuple[Histogram, RequestLine | None]] = {}
        self._settling = threading.RLock()

    def note(self, method: str, answer: ReadyAnswer, duration_s: float, context: tracing.TraceContext) -> None:
        """Take down what has been sent; only where an event loop runs."""
        if not self._noted:
            asyncio.get_running_loop().call_later(SETTLE_AFTER_S, self.settle)
        kind = (method, answer.route, answer.status)
        self._noted.append((kind, duration_s, answer.tenant, context, time.time_ns()))

    def settle(self) -> None:
        """Observe the durations and write the lines of all that is noted."""
        lines: list[str] = []
        output = None
        with self._settling:
            while self._noted:
                kind, duration_s, tenant, context, at_ns = self._noted.popleft()
                durations, line = self._kinds.get(kind) or self._prepare(kind)
                durations.observe(duration_s)
                duration_ns, organization = round(duration_s * 1e9), account.organization_id(tenant)
                if line is None:
                    _log_now(kind, duration_ns, organization, context)
                    continue
                output = line.output
                lines.append(
                    line.render(at_ns, duration_ns, organization, context.trace_id, context.span_id, context.request_id)
                )
            if output is not None:
                output.write("".join(lines).encode())
                output.flush()

    def _prepare(self, kind: Kind) -> tuple[Histogram, RequestLine | None]:
        line = RequestLine.of(account.__name__, account.EVENT, account.fields_of(*kind, 0))
        if line is not None:
            line.output.ahead = self.settle
        self._kinds[kind] = (account.duration_of(*kind), line)
        return self._kinds[kind]


def _log_now(kind: Kind, duration_ns: int, organization: str, context: tracing.TraceContext) -> None:
    token = tracing.enter(context)
    account.log.info(account.EVENT, **account.fields_of(*kind, duration_ns), **{"organization.id": organization})
    tracing.leave(token)
