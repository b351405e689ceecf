"""The merchant's page: `python -m fluxo_dashboard`; `--help` says what else."""

# ruff: noqa: PLC0415 - what is printed takes no settings

import argparse
import gc
import sys


def serve(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.process import run
    from fluxo_chassis.settings import load

    from fluxo_dashboard.bootstrap import run_dashboard
    from fluxo_dashboard.settings import DashboardSettings

    settings = load(DashboardSettings)
    return run(lambda stop: run_dashboard(settings, stop))


def metrics(_arguments: argparse.Namespace) -> int:
    from fluxo_chassis.observability.metrics.descriptions import lines

    import fluxo_dashboard.bootstrap  # noqa: F401 - registers them

    sys.stdout.buffer.write(lines("dashboard"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fluxo_dashboard",
        description="The merchant's page. Without a command it is served, as FLUXO_* environment variables say.",
    )
    parser.set_defaults(run=serve)
    commands = parser.add_subparsers(metavar="COMMAND")
    describing = commands.add_parser("metrics", help="print what the process measures, one JSON object a line, and end")
    describing.set_defaults(run=metrics)
    return parser


def main() -> int:
    gc.disable()  # what is imported stays: `run` looks for cycles among what comes after it
    arguments = _parser().parse_args()
    exit_code: int = arguments.run(arguments)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
