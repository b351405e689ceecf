"""The processes of the balances service: `python -m fluxo_balances PROCESS`; `--help` lists them."""

# ruff: noqa: PLC0415 - each process pays for its own parts only

import argparse
import asyncio
import gc
import sys
from datetime import date, datetime

from fluxo_chassis.settings import load


def api(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run

    from fluxo_balances.bootstrap.api import run_api
    from fluxo_balances.settings import ApiSettings

    settings = load(ApiSettings)
    return run(lambda stop: run_api(settings, stop))


def projector(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run

    from fluxo_balances.bootstrap.projector import run_projector
    from fluxo_balances.settings import ProjectorSettings

    settings = load(ProjectorSettings)
    return run(lambda stop: run_projector(settings, stop))


def migrate(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run_once

    from fluxo_balances.bootstrap.migrations import migrate_by_settings
    from fluxo_balances.settings import MigrateSettings

    settings = load(MigrateSettings)
    return run_once("The balances database was not migrated", lambda: migrate_by_settings(settings))


def totals(arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run_once

    from fluxo_balances.bootstrap.totals import print_totals
    from fluxo_balances.settings import DatabaseSettings

    printed = print_totals(
        load(DatabaseSettings), arguments.merchant, arguments.from_date, arguments.to_date, arguments.cut_off
    )
    return run_once("The balances database cannot be read", lambda: asyncio.run(printed))


def dead_letters(arguments: argparse.Namespace) -> int:
    from fluxo_balances.bootstrap.dead_letters import run_dead_letters
    from fluxo_balances.settings import DeadLetterSettings

    settings = load(DeadLetterSettings)
    asyncio.run(run_dead_letters(settings, arguments.action, None if arguments.all else arguments.ids))
    return 0


def empty_redis(_arguments: argparse.Namespace) -> int:
    from fluxo_balances.bootstrap.empty_redis import empty_redis
    from fluxo_balances.settings import RedisSettings

    settings = load(RedisSettings)
    asyncio.run(empty_redis(settings))
    return 0


def rebuild(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run_once

    from fluxo_balances.bootstrap.rebuild import rebuild_from_stdin
    from fluxo_balances.settings import RebuildSettings

    settings = load(RebuildSettings)
    return run_once("The rebuild failed", lambda: asyncio.run(rebuild_from_stdin(settings)))


def openapi(_arguments: argparse.Namespace) -> int:
    import orjson

    from fluxo_balances.bootstrap.openapi import openapi

    sys.stdout.buffer.write(orjson.dumps(openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return 0


def metrics(arguments: argparse.Namespace) -> int:
    from importlib import import_module

    from fluxo_chassis.observability.metrics.descriptions import lines

    # Importing a process's parts registers its metrics.
    import_module(f"fluxo_balances.bootstrap.{arguments.process}")
    sys.stdout.buffer.write(lines(f"balances-{arguments.process}"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fluxo_balances",
        description="The balances service. Every process is configured by FLUXO_* environment variables.",
    )
    commands = parser.add_subparsers(required=True, metavar="PROCESS")
    commands.add_parser("api", help="serve daily balances over HTTP").set_defaults(run=api)
    commands.add_parser("projector", help="project entry events into daily balances").set_defaults(run=projector)
    commands.add_parser("migrate", help="bring the database's schema up to date, and end").set_defaults(run=migrate)
    printing = commands.add_parser(
        "totals", help="print every projected day and category, one JSON object a line, and end"
    )
    printing.add_argument("--merchant", metavar="ID", help="only this merchant's days")
    printing.add_argument("--from", dest="from_date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first day")
    printing.add_argument("--to", dest="to_date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day")
    printing.add_argument(
        "--cut-off",
        type=datetime.fromisoformat,
        metavar="INSTANT",
        help="say first which entries recorded since then are included",
    )
    printing.set_defaults(run=totals)
    letters = commands.add_parser("dead-letters", help="show, redrive or discard events that could not be applied")
    letters.add_argument("action", choices=["show", "redrive", "discard"])
    letters.add_argument("ids", nargs="*", metavar="ID", help="the letters, by their ids")
    letters.add_argument("--all", action="store_true", help="every letter")
    letters.set_defaults(run=dead_letters)
    rebuilding = commands.add_parser(
        "rebuild", help="build the projection anew from a replay on standard input, and end"
    )
    rebuilding.set_defaults(run=rebuild)
    emptying = commands.add_parser("empty-redis", help="remove events and cached answers, as a restore must, and end")
    emptying.set_defaults(run=empty_redis)
    commands.add_parser("openapi", help="print the OpenAPI document, and end").set_defaults(run=openapi)
    describing = commands.add_parser("metrics", help="print what a process measures, one JSON object a line, and end")
    describing.add_argument("process", choices=["api", "projector"])
    describing.set_defaults(run=metrics)
    return parser


def main() -> int:
    gc.disable()  # what is imported stays: `run` and `run_once` look for cycles among what comes after it
    arguments = _parser().parse_args()
    exit_code: int = arguments.run(arguments)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
