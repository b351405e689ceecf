"""What a process does about a call to another process that may be slow or unavailable.

Which policy belongs where:

- **Time-out**: everywhere, at the client that makes the call (`postgres.open_pool`, `redis.RedisClient`); and one
  deadline for a whole request (`http.deadline`).
- **Retry** (`Retry`): where one caller is alone in calling and nobody waits for its answer: the loops of workers, a
  listener. It waits out a `Backoff` and tries until it is stopped. A request is never tried again on its caller's
  behalf, except to find out what became of a write that was sent.
- **Circuit breaker** (`CircuitBreaker`): where many callers would each find out by a time-out: what an API asks. One
  breaker for each dependency of a process, shared by all that call it.
- **Bulkhead** (`Bulkhead`): where many callers share few slots (connections): each kind of work has its own, so that
  a crowd of one kind keeps nobody of another kind waiting. A caller that can't be served soon is turned away at once,
  which is the load shedding; the answer is 503 with `Retry-After`. Tenants take turns for the slots and the places to
  wait (`Turns`), so that a crowd of one of them keeps nobody else waiting; it is told so by 429.

The order around a call is bulkhead, breaker, time-out: waiting for a slot says nothing about the dependency. What is
away and since when stands in `/health` (`observe` of each) and in `circuit_breaker_state`; who runs, waits or was
turned away in `bulkhead_running`, `bulkhead_waiting` and `bulkhead_refused_total`.
"""

from fluxo_chassis.resilience.backoff import Backoff, wait_for_stop
from fluxo_chassis.resilience.bulkhead import Bulkhead, BulkheadFull, TenantOverShare
from fluxo_chassis.resilience.circuit import Circuit, CircuitState
from fluxo_chassis.resilience.circuit_breaker import CircuitBreaker, CircuitOpen
from fluxo_chassis.resilience.periodic import every
from fluxo_chassis.resilience.retry import Retry
from fluxo_chassis.resilience.turns import NoPlaceLeft, OverShare, Turns, current_tenant
from fluxo_chassis.resilience.unavailable import is_unavailable, recognises_unavailable

__all__ = [
    "Backoff",
    "Bulkhead",
    "BulkheadFull",
    "Circuit",
    "CircuitBreaker",
    "CircuitOpen",
    "CircuitState",
    "NoPlaceLeft",
    "OverShare",
    "Retry",
    "TenantOverShare",
    "Turns",
    "current_tenant",
    "every",
    "is_unavailable",
    "recognises_unavailable",
    "wait_for_stop",
]
