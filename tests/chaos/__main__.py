# ruff: noqa: T201 - a command prints

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import SystemRandom

import httpx2

sys.path.append(str(Path(__file__).parents[2]))
from campaign import Campaign, plan
from disks import Disks
from faults import FAULTS
from faults.fault import Fault
from foreground import SystemBrokenError
from report import DIFFERENCES_SHOWN_MAX, report
from rounds import PromiseBrokenError, Round
from topologies import Topology

from tests.harness.commit import commit

EPILOG = """\
Starts the real system with `fluxo up`, lets merchants write and read, kills, stops, empties, trims, cuts and delays
under them, and checks after each round: every acknowledged entry exists once, every unanswered one at most once and
its retry finds it, every day is the sum of its entries, no cached answer differs from the database, `fluxo verify` and
`fluxo status` agree. First every fault alone, then several at once, until --minutes are over.

Exit status: 0 the promise held, 1 it did not (seed, history, differences are printed and the data kept), 2 bad usage.

Examples:
  tests/chaos --minutes 20 --seed 7 --report docs/operating/reliability.md
  tests/chaos --minutes 20 --seed 7,8,9          # three runs, one after another, in one report
  tests/chaos --on sentinel --minutes 20 --report docs/operating/failovers.md
  tests/chaos --faults kill-postgres,pause-valkey-streams --minutes 2
  tests/chaos --list
"""


def main() -> int:
    options = _options()
    if options.list:
        print("\n".join(f"{fault.name:40}{fault.kind}" for fault in FAULTS.values()))
        return 0
    began, played, differences = time.monotonic(), list[Round](), list[str]()
    tried = commit(options.report) if options.report else ""
    for seed in options.seed or [SystemRandom().randrange(1_000_000)]:
        rounds, differences = _run(options, seed)
        played += rounds
        if differences:
            break
    if options.report is not None:
        minutes = (time.monotonic() - began) / 60
        page = report(played, minutes, options.hold_max_s, commit=tried, differences=differences)
        options.report.write_text(page)
    return 1 if differences else 0


def _run(options: argparse.Namespace, seed: int) -> tuple[Sequence[Round], Sequence[str]]:
    """Play the seed's rounds on a new system; returns them, and what was not so after the last of them."""
    print(f"seed {seed}", flush=True)
    data_dir = Path(tempfile.mkdtemp(prefix="fluxo-chaos-"))
    disks = Disks(data_dir / Topology.RIGGED.value)
    campaign = Campaign(data_dir, options.hold_max_s, disks, options.port_base)
    try:
        asyncio.run(campaign.run(_plan(options, seed), time.monotonic() + options.minutes * 60))
    except (PromiseBrokenError, SystemBrokenError, httpx2.HTTPError) as error:
        differences = list(error.differences) if isinstance(error, PromiseBrokenError) else [str(error)]
        _tell_failure(campaign.played[-1], differences, data_dir)
        disks.keep()
        return campaign.played, differences
    print(f"{len(campaign.played)} rounds held, seed {seed}", flush=True)
    if options.keep:
        disks.keep()
        print(f"data kept in {data_dir}")
    else:
        disks.remove()
        shutil.rmtree(data_dir)
    return campaign.played, []


def _plan(options: argparse.Namespace, seed: int) -> Iterator[Round]:
    topologies = [each for each in Topology if each.value in options.on]
    return islice(plan(options.faults, seed, topologies, together=options.together), options.rounds)


def _tell_failure(failed: Round, differences: Sequence[str], data_dir: Path) -> None:
    print(f"\nround {failed.number} of seed {failed.seed} failed: {failed.name}")
    print("\n".join(failed.history))
    print(f"{len(differences)} differences" + (", the first:" if len(differences) > DIFFERENCES_SHOWN_MAX else ":"))
    print("\n".join(f"- {difference}" for difference in differences[:DIFFERENCES_SHOWN_MAX]))
    print(f"data kept in {data_dir}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/chaos",
        description="Kill, pause, cut and empty whatever Fluxo runs on; nothing acknowledged may be lost.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="begin no round after so many (default 20)")
    parser.add_argument("--rounds", type=int, metavar="N", help="play no more than so many with each seed")
    parser.add_argument(
        "--seed",
        type=_seeds,
        help="repeat the rounds of earlier runs, comma-separated (default: a random one, printed)",
    )
    parser.add_argument("--faults", type=_faults, default=list(FAULTS.values()), help="only these, comma-separated")
    parser.add_argument("--without", type=_faults, default=[], help="all but these")
    parser.add_argument("--together", action="store_true", help="begin with several faults at once")
    parser.add_argument(
        "--on",
        choices=[each.value for each in Topology],
        help=f"stay on this topology (default: one after the other, without {Topology.SENTINEL.value})",
    )
    parser.add_argument("--hold-max-s", type=float, default=12.0, help="longest pause or silence (default 12)")
    parser.add_argument("--port-base", type=int, metavar="N", help="use ports N to N + 99 (default: free ones)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what was measured as a Markdown page")
    parser.add_argument("--keep", action="store_true", help="keep the data directory after a good run, too")
    parser.add_argument("--list", action="store_true", help="list the faults and end")
    options = parser.parse_args()
    options.faults = [fault for fault in options.faults if fault not in options.without]
    options.on = {options.on} if options.on else {each.value for each in Topology} - {Topology.SENTINEL.value}
    if not options.on & {each.value for fault in options.faults for each in fault.topologies}:
        parser.error("no fault is left")
    return options


def _seeds(numbers: str) -> list[int]:
    try:
        return [int(number) for number in numbers.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{numbers!r} is no whole number, nor several with commas between") from None


def _faults(names: str) -> list[Fault]:
    try:
        return [FAULTS[name.strip()] for name in names.split(",")]
    except KeyError as error:
        raise argparse.ArgumentTypeError(f"no fault is called {error.args[0]!r}; see --list") from None


if __name__ == "__main__":
    sys.exit(main())
