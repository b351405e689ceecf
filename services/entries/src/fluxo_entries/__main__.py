"""The processes of the entries service: `python -m fluxo_entries PROCESS`; `--help` lists them."""

# ruff: noqa: PLC0415 - each process pays for its own parts only

import argparse
import asyncio
import gc
import sys
from datetime import date
from uuid import UUID

from fluxo_chassis.settings import load

EPILOG = """Configuration comes from the environment: FLUXO_ENTRIES_DATABASE_URL for all,
FLUXO_AUTH_JWKS_URL for api, FLUXO_STREAMS_URL for relay, FLUXO_ENTRIES_MIGRATION_DATABASE_URL
(the owner's) for migrate; FLUXO_HOST, FLUXO_PORT and FLUXO_INSTANCE where it listens and
what it is called; FLUXO_LOG_LEVEL, FLUXO_LOG_FORMAT and FLUXO_LOG_DESTINATIONS how and to
where it logs (docs/operating/logs.md). SIGUSR1: from debug on; SIGUSR2: as configured.

Exit codes: 0 after a clean stop, 1 when it failed, 2 for a bad configuration."""


def api(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run

    from fluxo_entries.bootstrap.api import run_api
    from fluxo_entries.settings import ApiSettings

    settings = load(ApiSettings)
    return run(lambda stop: run_api(settings, stop))


def relay(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run

    from fluxo_entries.bootstrap.relay import run_relay
    from fluxo_entries.settings import RelaySettings

    settings = load(RelaySettings)
    return run(lambda stop: run_relay(settings, stop))


def migrate(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run_once

    from fluxo_entries.bootstrap.migrations import migrate_by_settings
    from fluxo_entries.settings import MigrateSettings

    settings = load(MigrateSettings)
    return run_once("The entries database was not migrated", lambda: migrate_by_settings(settings))


def totals(arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run_once

    from fluxo_entries.bootstrap.totals import print_totals
    from fluxo_entries.settings import TotalsSettings

    printed = print_totals(
        load(TotalsSettings), arguments.merchant, arguments.from_date, arguments.to_date, cut_off=arguments.cut_off
    )
    return run_once("The entries database cannot be read", lambda: asyncio.run(printed))


def replay(arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run_once

    from fluxo_entries.bootstrap.replay import print_replay
    from fluxo_entries.settings import ReplaySettings

    settings = load(ReplaySettings)
    return run_once("The entries cannot be replayed", lambda: asyncio.run(print_replay(settings, arguments.mark)))


def chain(arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run_once

    from fluxo_entries.bootstrap.chain import print_chain
    from fluxo_entries.settings import ChainSettings

    printed = print_chain(load(ChainSettings), arguments.merchant, arguments.seal)
    return run_once("The chain cannot be verified", lambda: asyncio.run(printed))


def openapi(_arguments: argparse.Namespace) -> int:
    import orjson

    from fluxo_entries.bootstrap.openapi import openapi

    sys.stdout.buffer.write(orjson.dumps(openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return 0


def metrics(arguments: argparse.Namespace) -> int:
    from importlib import import_module

    from fluxo_chassis.observability.metrics.descriptions import lines

    # Importing a process's parts registers its metrics.
    import_module(f"fluxo_entries.bootstrap.{arguments.process}")
    sys.stdout.buffer.write(lines(f"entries-{arguments.process}"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fluxo_entries",
        description="The entries service. Every process is configured by FLUXO_* environment variables.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="PROCESS")
    commands.add_parser("api", help="serve the HTTP API (port 8001)").set_defaults(run=api)
    commands.add_parser("relay", help="publish recorded entries to the stream (health on port 8011)").set_defaults(
        run=relay
    )
    commands.add_parser("migrate", help="bring the database's schema up to date, and end").set_defaults(run=migrate)
    printing = commands.add_parser(
        "totals", help="print the totals of days and categories, derived from the entries, and end"
    )
    printing.add_argument("--merchant", metavar="ID", help="only this merchant's days")
    printing.add_argument("--from", dest="from_date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first day")
    printing.add_argument("--to", dest="to_date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day")
    printing.add_argument("--cut-off", action="store_true", help="count up to the cut-off on standard input")
    printing.set_defaults(run=totals)
    replaying = commands.add_parser(
        "replay", help="print all entries of one snapshot, for a consumer's rebuild, and end"
    )
    replaying.add_argument("--mark", type=UUID, required=True, metavar="UUID", help="what the consumer knows it by")
    replaying.set_defaults(run=replay)
    verifying = commands.add_parser("chain", help="print what does not agree with the chain over the entries, and end")
    verifying.add_argument("--merchant", metavar="ID", help="only this merchant's entries")
    verifying.add_argument("--seal", type=bytes.fromhex, metavar="HEX", help="a seal that must be in the chain")
    verifying.set_defaults(run=chain)
    commands.add_parser("openapi", help="print the OpenAPI document, and end").set_defaults(run=openapi)
    describing = commands.add_parser("metrics", help="print what a process measures, one JSON object a line, and end")
    describing.add_argument("process", choices=["api", "relay"])
    describing.set_defaults(run=metrics)
    return parser


def main() -> int:
    """Run the process named on the command line; returns its exit code."""
    gc.disable()  # what is imported stays: `run` and `run_once` look for cycles among what comes after it
    arguments = _parser().parse_args()
    exit_code: int = arguments.run(arguments)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
