"""Measure Fluxo and other ledgers in turn, on this machine: what each records and reads, and what is not comparable.

All of them hold a year of entries of one merchant. In each round each is asked the same, one after another, and who
begins changes. A peer whose program is not on this machine is left out, and the table says why.
"""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.__main__ import PAGE
from benchmarks.machine import commit
from benchmarks.peers.blnk import blnk
from benchmarks.peers.bound import bound
from benchmarks.peers.fluxo import fluxo
from benchmarks.peers.peer import MEASURES, Answers, Measure, Peer
from benchmarks.peers.pgledger import pgledger
from benchmarks.peers.servers import servers
from benchmarks.report import peer_rows, write_report
from benchmarks.results import Run, medians, numbers
from benchmarks.system import System
from benchmarks.tools import NotOnThisMachineError

_PEERS: Final = {"Blnk": blnk, "pgledger": pgledger}
_NOT_BUILT: Final = {
    "Formance Ledger": "2.4.12 could not be built, as a Go module that it needs (go.vallahaye.net/batcher 0.6.0) could "
    "not be had."
}


def main() -> int:
    options = _options()
    # So that all that runs is stopped, and its data removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    began = datetime.now(UTC).isoformat(timespec="seconds")
    left_out = dict(_NOT_BUILT)
    with ExitStack() as stack:
        system = stack.enter_context(System())
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fluxo-bench-peers-")))
        beside = stack.enter_context(servers(directory))
        peers = [stack.enter_context(fluxo(system, options.entries, _seconds_of_days(options)))]
        for name, peer in _PEERS.items():
            try:
                peers.append(stack.enter_context(peer(beside, options.entries)))
            except NotOnThisMachineError as error:
                left_out[name] = str(error)
        peers.append(bound(system))
        for each in peers:
            each.asks["entry"](connections=8, seconds=1)
            each.settle()
        rounds = [_round(peers, number, options.seconds) for number in range(options.rounds)]
    measured = {
        "began": began,
        "commit": commit(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "entries": options.entries,
        "peers": [_outcome(peer, [found[peer.name] for found in rounds]) for peer in peers],
        "left_out": left_out,
    }
    print("\n".join(peer_rows(measured)))
    if options.into:
        run = Run.load(options.into)
        run.peers = measured
        run.save(options.into)
        write_report(run, PAGE, options.into.name)
    return 0


def _round(peers: list[Peer], number: int, seconds: float) -> dict[str, dict[str, float]]:
    """Ask all of them the same, one thing after another; who begins changes from round to round."""
    figures: dict[str, dict[str, float]] = {peer.name: {} for peer in peers}
    first = number % len(peers)
    for measure in MEASURES:
        for peer in (*peers[first:], *peers[:first]):
            if ask := peer.asks.get(measure.asked):
                print(f"round {number + 1}: {measure.name}, {peer.name}", file=sys.stderr)
                figures[peer.name] |= kept_of(measure, ask(connections=measure.connections, seconds=seconds))
                peer.settle()
    return figures


def _seconds_of_days(options: argparse.Namespace) -> float:
    """How long days are read that no cache holds, in all rounds together."""
    return float(options.seconds * options.rounds * sum(measure.asked == "day" for measure in MEASURES))


def kept_of(measure: Measure, answers: Answers) -> dict[str, float]:
    """Return the figures that a measure keeps, and how many answers were errors where some were."""
    figures = {f"{measure.name}_{figure}": float(getattr(answers, figure)) for figure in measure.figures}
    return numbers(figures | ({f"{measure.name}_errors": answers.errors} if answers.errors else {}))


def _outcome(peer: Peer, rounds: list[dict[str, float]]) -> dict[str, Any]:
    told = {"name": peer.name, "version": peer.version, "differs": peer.differs, "entries": peer.entries}
    return {**told, "rounds": rounds, "medians": medians(rounds)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        epilog="Example: python -m benchmarks.peers --into benchmarks/results/2026-11-24-f2830107.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--seconds", type=float, default=3.0, metavar="N", help="of each measurement")
    parser.add_argument("--entries", type=int, default=100_000, metavar="N", help="of the year that each holds")
    parser.add_argument(
        "--into", type=Path, metavar="FILE", help="put it into that results file too, and write the document"
    )
    options = parser.parse_args()
    if options.into and not options.into.is_file():
        parser.error("--into takes a results file that is there")
    return options


if __name__ == "__main__":
    sys.exit(main())
