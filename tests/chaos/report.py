"""The page that a run leaves behind: what was done to the system, and how long it took to heal."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

from fluxo_local.embedded.binaries import find_postgres, find_valkey
from rounds import Round
from topologies import Topology

SEVERAL: Final = "several at once"
DIFFERENCES_SHOWN_MAX: Final = 20


def report(
    rounds: Sequence[Round], minutes: float, hold_max_s: float, *, commit: str = "", differences: Sequence[str] = ()
) -> str:
    """Return the page; `differences` are what was not so after the last of the rounds."""
    by_kind: dict[str, list[Round]] = defaultdict(list)
    by_fault: dict[str, list[Round]] = defaultdict(list)
    injected: dict[str, int] = defaultdict(int)
    missed: dict[str, str] = {}
    for each in rounds:
        missed |= each.missed
        if len(each.faults) > 1:
            by_kind[SEVERAL].append(each)
        for fault in each.faults:
            if fault.name not in each.missed:
                injected[fault.name] += 1
                if len(each.faults) == 1:
                    by_kind[fault.kind].append(each)
                    by_fault[fault.name].append(each)
    seeds = ",".join(map(str, sorted({each.seed for each in rounds})))
    of_failovers = all(each.topology is Topology.SENTINEL for each in rounds)
    return PAGE.format(
        **(FAILOVERS if of_failovers else EVERYTHING),
        outcome=_outcome(rounds[-1], differences),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        commit=commit,
        postgres=find_postgres().version(),
        redis=find_valkey().version(),
        command=f"tests/chaos {'--on sentinel ' if of_failovers else ''}--seed {seeds}",
        seeds=seeds,
        cores=os.cpu_count(),
        minutes=minutes,
        rounds=len(rounds),
        faults=sum(injected.values()),
        names=len(injected),
        acknowledged=sum(each.acknowledged for each in rounds),
        unknown=sum(each.unknown for each in rounds),
        hold_max_s=hold_max_s,
        kinds="\n".join(_row(kind, len(found), found) for kind, found in sorted(by_kind.items())),
        never=_never({name: why for name, why in missed.items() if name not in injected}),
        each="\n".join(_row(f"`{name}`", injected[name], by_fault[name]) for name in sorted(injected)),
    )


def _outcome(last: Round, differences: Sequence[str]) -> str:
    if not differences:
        return "Every round ended with all of it true."
    shown = "\n".join(f"    {line}" for each in differences[:DIFFERENCES_SHOWN_MAX] for line in each.splitlines())
    return f"**Round {last.number}, {last.name}, did not**, and ended the run:\n\n{shown}"


def _row(name: str, count: int, rounds: Sequence[Round]) -> str:
    if not rounds:
        return f"| {name} | {count} | | | |"
    visible, whole = [each.visible_s for each in rounds], [each.whole_s for each in rounds]
    return f"| {name} | {count} | {median(visible):.1f} | {max(visible):.1f} | {max(whole):.1f} |"


def _never(missed: Mapping[str, str]) -> str:
    if not missed:
        return "Every fault of the run was injected at least once."
    lines = (f"- `{name}`: {' '.join(why.split())}" for name, why in sorted(missed.items()))
    return "**Not tried**, because they could not be injected in any of their rounds:\n\n" + "\n".join(lines)


EVERYTHING: Final = {
    "title": "Reliability",
    "what": """\
While merchants write and read, processes are killed and stopped, Redis is emptied, rolled back and trimmed,
connections are cut, delayed, half open; events come twice, out of order, or to a consumer that never acknowledges
them; disks are full, clocks are wrong, and both databases are put back to a backup that was taken under load.""",
    "restored": """
- after a restore, what was acknowledged before the backup began exists; what was acknowledged between that and the
  restore exists once or not at all, and a retry records it again;""",
    "why": """\
A stream that was lost is filled again with all that the outbox still holds, so after those faults it takes the longer
the more was recorded before: here everything since its run began. A process that hangs is first left ten to fifteen
seconds to come back.""",
}
FAILOVERS: Final = {
    "title": "Failovers",
    "what": """\
Events have a primary and two replicas, cached answers a primary and one replica; three sentinels watch over both,
with two seconds until a primary counts as down. PostgreSQL has a synchronous standby. `fluxo up` is told of all of
them: `redis+sentinel://` with three hosts, `postgresql://` with two and `target_session_attrs=primary`.
`min-replicas-to-write` is 0, so that a primary that was replaced acknowledges events and loses them.

While merchants write and read, primaries are killed, demoted, stopped and continued, or cut off from replicas and
sentinels but not from their clients; sentinels are killed and cut off from each other; the standby is promoted, and
what was the primary follows it. First one by one, then these at once with each other and with Fluxo's own processes
killed, stopped and doubled.""",
    "restored": "",
    "why": """\
A fault ends when the next primary is named, or when all hear each other again. A promoted PostgreSQL begins a
generation of the outbox: everything is published again, which takes the longer the more was recorded before.""",
}
PAGE: Final = """\
# {title}, measured

This page is written by the chaos driver (`make chaos`); do not edit it. The promise under test:
**acknowledged = applied, exactly once in effect.**
{what}
Nobody helps it to heal, and after each round it is checked that

- every acknowledged entry exists once, as it was acknowledged; one whose request got no answer exists at most once, and
  the retry with the same key finds it; nothing refused exists;{restored}
- every day of every merchant is the sum of its entries, and each day opens with what the one before closed with;
- no cached answer differs from the database; `fluxo verify` and `fluxo status` exit with 0; there are no dead letters.

{outcome}

| | |
|---|---:|
| date, commit | {date}, {commit} |
| PostgreSQL, Valkey | {postgres}, {redis} |
| seeds, one run each | {seeds} |
| cores | {cores} |
| minutes | {minutes:.0f} |
| rounds | {rounds} |
| faults injected, of {names} sorts | {faults} |
| entries acknowledged | {acknowledged:,} |
| requests whose outcome was unknown until they were repeated | {unknown:,} |

Repeat it with `{command}`: the same faults in the same order; what meets what inside the processes is
new each time. A pause or silence lasts 0.5 to {hold_max_s:g} s.

## Seconds to heal

From the end of the fault until a fresh write is acknowledged and part of its day (*visible*), and until every
acknowledged entry was found and counted (*whole*; a second of further traffic and the reading of all entries and
balances included). Both from rounds with one fault only, except the line "several at once".

{why}

| kind of fault | rounds | visible, median | visible, longest | whole, longest |
|---|---:|---:|---:|---:|
{kinds}

## Each fault

Times injected, alone or with others; seconds from the rounds in which it was alone.

| fault | injected | visible, median | visible, longest | whole, longest |
|---|---:|---:|---:|---:|
{each}

{never}
"""
