import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from fluxo_local.ports import refuse_busy_ports
from fluxo_local.runtime import save_environment, sole_supervisor
from fluxo_local.settings import Settings
from fluxo_local.supervision.supervisor import Plan, Supervisor
from fluxo_local.topology import Topology, topology
from rich.console import Console

from fluxo_cli.api.client_options import DEFAULT_MERCHANT
from fluxo_cli.operations.page_address import page_address
from fluxo_cli.operations.replicas import AUTO, number_or_auto, replicas_of
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir
from fluxo_cli.output.display import StartDisplay


def up(
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    port_base: Annotated[
        int,
        typer.Option(
            min=1024,
            max=65000,
            help="The page listens on this port, the entries API on + 1, the balances API on + 2; the rest up to + 90.",
        ),
    ] = 8000,
    replicas: Annotated[
        str,
        typer.Option(
            callback=number_or_auto,
            metavar="N|auto",
            help="Instances of each API, relay and projector. Above 1 needs nginx.",
        ),
    ] = AUTO,
) -> None:
    """Run the whole system in the foreground, until Ctrl-C or SIGTERM.

    PostgreSQL and two Valkeys are started too, unless FLUXO_ENTRIES_DATABASE_URL, FLUXO_BALANCES_DATABASE_URL,
    FLUXO_STREAMS_URL and FLUXO_CACHE_URL name servers that already run. A process that dies or hangs is replaced.
    Data stay in the data directory from one start to the next.

    `--replicas auto` takes half of the cores that it may use, 8 at most, and one below 4 cores or where nginx is
    missing; fewer where a PostgreSQL named by URL allows fewer connections. A number above 1 that it does not allow the
    connections of is refused, with what to set there.

    Exit status: 1 something could not start, 2 bad configuration, or no room for so many replicas, 3 this data
    directory is in use, 4 a port is busy.

    Examples:
      fluxo up

      fluxo up --data-dir /tmp/try --port-base 9000 --replicas 2
    """
    with sole_supervisor(data_dir) as predecessor_was_killed:
        settings = Settings()
        count = replicas_of(replicas, settings.databases())
        plan = partial(topology, settings, data_dir.resolve(), port_base=port_base)
        planned = plan(replicas=count)
        # The processes of a supervisor that was killed may just be ending.
        refuse_busy_ports(planned.ports, patience_s=3.0 if predecessor_was_killed else 0.0)
        scalable = partial(plan, balanced=True) if count > 1 else None
        _supervise(planned, data_dir, scalable)


def _supervise(planned: Topology, data_dir: Path, scalable: Plan | None) -> None:
    save_environment(data_dir, planned.environment)
    page = partial(page_address, data_dir, planned.environment, DEFAULT_MERCHANT)
    display = StartDisplay(Console(), data_dir, planned.urls, page)
    try:
        asyncio.run(Supervisor(planned, data_dir, display, scalable).run())
    finally:
        display.close()
