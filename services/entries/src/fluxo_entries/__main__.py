"""One process of the entries service: `python -m fluxo_entries api|relay|migrate|totals|openapi`."""

import argparse
import asyncio
import sys
from datetime import date
from functools import partial

import orjson
from fluxo_chassis.process import run
from fluxo_chassis.settings import load

from fluxo_entries import bootstrap
from fluxo_entries.settings import ApiSettings, MigrateSettings, RelaySettings, TotalsSettings

EPILOG = """Configuration comes from the environment: FLUXO_ENTRIES_DATABASE_URL for all,
FLUXO_AUTH_JWKS_URL for api, FLUXO_STREAMS_URL for relay, FLUXO_ENTRIES_MIGRATION_DATABASE_URL
(the owner's) for migrate; FLUXO_HOST, FLUXO_PORT, FLUXO_INSTANCE, FLUXO_LOG_LEVEL and
FLUXO_LOG_FORMAT where it listens and how it logs.

Exit codes: 0 after a clean stop, 1 when it failed, 2 for a bad configuration."""


def main(arguments: list[str] | None = None) -> int:
    """Run the process named on the command line; returns its exit code."""
    given = _parser().parse_args(arguments)
    match given.process:
        case "api":
            return run(partial(bootstrap.run_api, load(ApiSettings)))
        case "relay":
            return run(partial(bootstrap.run_relay, load(RelaySettings)))
        case "migrate":
            return _once(partial(bootstrap.run_migrate, load(MigrateSettings)))
        case "openapi":
            document = orjson.dumps(bootstrap.openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
            sys.stdout.buffer.write(document)
            return 0
        case _:
            totals = bootstrap.run_totals(load(TotalsSettings), given.merchant, given.from_date, given.to_date)
            return _once(partial(asyncio.run, totals))


def _once(work: partial[None]) -> int:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - one sentence for the operator instead of a stack trace
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fluxo_entries",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    processes = parser.add_subparsers(dest="process", required=True, metavar="process")
    processes.add_parser("api", help="serve the HTTP API (port 8001)")
    processes.add_parser("relay", help="publish recorded entries to the stream (health and metrics on port 8011)")
    processes.add_parser("migrate", help="bring the database to the newest schema")
    processes.add_parser("openapi", help="print the OpenAPI document")
    totals = processes.add_parser("totals", help="print each day's totals, re-derived from the entries, as JSON lines")
    totals.add_argument("--merchant", metavar="ID", help="only this merchant's days")
    totals.add_argument("--from", dest="from_date", type=date.fromisoformat, metavar="DATE", help="first day wanted")
    totals.add_argument("--to", dest="to_date", type=date.fromisoformat, metavar="DATE", help="last day wanted")
    return parser


if __name__ == "__main__":
    sys.exit(main())
