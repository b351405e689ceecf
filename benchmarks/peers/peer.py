"""What a peer is, what each is asked, and where its program is found."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from benchmarks.tools import NotOnThisMachineError

PROGRAMS: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fluxo" / "peers"
HISTORY_DAYS: Final = 365
BACK_DATED_DAYS: Final = 180
"""So that half of the history comes after a back-dated entry."""
SPREAD: Final = 64
"""Merchants where there are several: one for each connection."""
AMOUNT_MINOR: Final = 1234


class Answers(Protocol):
    """What a closed loop measured."""

    @property
    def per_s(self) -> float: ...
    @property
    def p50_ms(self) -> float: ...
    @property
    def p99_ms(self) -> float: ...
    @property
    def errors(self) -> int: ...


class Ask(Protocol):
    def __call__(self, *, connections: int, seconds: float) -> Answers: ...


@dataclass(frozen=True, slots=True)
class Peer:
    """`differs` says what is not comparable; `entries` is how long the history is.

    `asks` are by what is asked, "entry" at least; `settle` returns when what was asked before keeps nobody busy.
    """

    name: str
    version: str
    differs: str
    entries: int
    asks: Mapping[str, Ask]
    settle: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Measure:
    """`asked` of each peer that knows it, and the figures that are kept of its answers."""

    name: str
    asked: str
    connections: int
    figures: tuple[str, ...]


MEASURES: Final = (
    Measure("entries", "entry", 64, ("per_s", "p99_ms")),
    Measure("spread_entries", "entry of one of many", 64, ("per_s", "p99_ms")),
    Measure("lone_entry", "entry", 1, ("p50_ms",)),
    Measure("days", "day", 32, ("per_s",)),
    Measure("lone_day", "day", 1, ("p50_ms",)),
    Measure("kept_balances", "kept balance", 32, ("per_s",)),
    Measure("back_dated_entry", "back-dated entry", 1, ("p50_ms",)),
)


def installed(name: str, file: str, home: str) -> tuple[Path, str]:
    """Return a peer's file and its version, which is in its folder's name; raises NotOnThisMachineError."""
    found = sorted(PROGRAMS.glob(f"{name}-*/{file}"))
    if not found:
        raise NotOnThisMachineError(f"{PROGRAMS}/{name}-VERSION/{file} is not on this machine; see {home}")
    return found[-1], found[-1].parent.name.removeprefix(f"{name}-")
