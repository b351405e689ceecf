# ruff: noqa: T201 - a command prints
"""Tries Fluxo on each server that people have: the adapters' tests, a day of history, `verify`, `backup`, `restore`.

Writes docs/operating/support.json, and the page that shows it. Exit status: 0 when all that could be had passed.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.harness.trial import counts, outcomes, when  # noqa: E402 - as the packages of the repository's root are found only now
from tests.servers.page import page  # noqa: E402
from tests.servers.servers import FAILOVERS, JOURNEY, Row, oldest, rows  # noqa: E402

RESULTS = ROOT / "docs" / "operating" / "support.json"
PAGE = RESULTS.with_suffix(".md")


# Before anything is written or changes.
WHEN = when(RESULTS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/servers", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name has this in it; the others stay")
    parser.add_argument("--oldest", action="store_true", help="the oldest of both at once, in a minute; writes nothing")
    options = parser.parse_args()
    if options.oldest:
        return 1 if _try(oldest())["failed"] else 0
    all_rows = list(rows())
    tried = {row["name"]: row for row in (orjson.loads(RESULTS.read_bytes()) if RESULTS.exists() else ())}
    wanted = [row for row in all_rows if options.only.lower() in row.name.lower()]
    for row in wanted:
        tried[row.name] = _try(row)
        shown = [tried[each.name] for each in all_rows if each.name in tried]
        RESULTS.write_bytes(orjson.dumps(shown, option=orjson.OPT_INDENT_2) + b"\n")
        PAGE.write_text(page(shown))
    return 1 if any(tried[row.name]["failed"] for row in wanted) else 0


def _try(row: Row) -> dict[str, Any]:
    result: dict[str, Any] = {
        "name": row.name,
        "version": row.version,
        "from": row.source,
        "beside": row.beside,
        "journey": not {JOURNEY, FAILOVERS}.isdisjoint(row.paths),
        **WHEN,
    }
    if row.missing:
        print(f"{row.name}: not run, as it is not on this machine ({row.missing})", flush=True)
        return result | {"missing": row.missing, "passed": 0, "failed": [], "skipped": [], "seconds": 0}
    print(f"{row.name}: {row.version}, {row.source} …", flush=True)
    started = time.monotonic()
    told = outcomes("-p", "tests.servers.chosen", *row.paths, variables=row.variables)
    seconds = round(time.monotonic() - started)
    print(f"{row.name}: {counts(told)} in {seconds} s", flush=True)
    return result | told | {"passed": len(told["passed"]), "seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
