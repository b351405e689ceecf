import time
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from fluxo_local.errors import CommandError
from fluxo_local.runtime import SystemState, load_environment, load_state
from fluxo_local.services import REPLICATED_KINDS
from fluxo_local.supervision import scaling
from fluxo_local.topology import BALANCER

from fluxo_cli.operations.replicas import refuse_without_room
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir

_TAKEN_WITHIN_S = 10.0
_DONE_WITHIN_S = 120.0
_POLL_S = 0.1


def scale(
    replicas: Annotated[int, typer.Argument(min=1, help="Instances of each API, relay and projector.")],
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Change how many replicas a running system has, without failing a request.

    New instances are started first, and get requests when they are ready. Those that go get no new requests, finish
    the ones they have, and are stopped then. It needs the load balancer, so the system must have been started with
    `--replicas 2` or more; from then on it can be scaled up and down, to 1 too. The next `fluxo up` takes its own
    number. There is one page, however many replicas.

    Exit status: 1 an instance could not start, and the others go on as they were; 2 PostgreSQL does not allow the
    connections of so many, or one machine has no ports for them, and nothing was changed.

    Examples:
      fluxo scale 4

      fluxo scale 1 --data-dir /tmp/try
    """
    state = _running(data_dir)
    if BALANCER not in {process.name for process in state.processes}:
        raise CommandError(
            "This system runs without a load balancer, and its APIs hold the public ports themselves: stop it and "
            "start it with `fluxo up --replicas 2`; from then on it can be scaled, to 1 too."
        )
    if replicas > sum(process.name.startswith("entries-api-") for process in state.processes):
        refuse_without_room(_given_databases(data_dir, state), replicas)
    said = {process.name for process in state.processes if process.ready}
    scaling.ask_for(data_dir, replicas)
    _wait_until_taken(data_dir)
    deadline = time.monotonic() + _DONE_WITHIN_S
    while not _is_done(state := _running(data_dir), replicas):
        if state.scaling_failed is not None:
            raise CommandError(state.scaling_failed)
        if time.monotonic() > deadline:
            raise CommandError(f"It took longer than {_DONE_WITHIN_S:g} s: see `fluxo status`, and the logs.")
        _say_news(state, said)
        time.sleep(_POLL_S)
    _say_news(state, said)
    typer.echo(f"{replicas} of each {'run' if replicas > 1 else 'runs'}.")


def _given_databases(data_dir: Path, state: SystemState) -> dict[str, str]:
    """The URLs, by their variables, of those that the embedded server, which has room, does not have."""
    embedded = tuple(f"@127.0.0.1:{process.port}" for process in state.processes if process.name == "postgres")
    urls = {name: url for name, url in load_environment(data_dir).items() if name.endswith("_DATABASE_URL")}
    return {name: url for name, url in urls.items() if not urlsplit(url).netloc.endswith(embedded)}


def _wait_until_taken(data_dir: Path) -> None:
    deadline = time.monotonic() + _TAKEN_WITHIN_S
    while scaling.is_asked_for(data_dir):
        if time.monotonic() > deadline:
            scaling.take_request(data_dir)
            raise CommandError(
                "The supervisor does not take the request: is it of an older version? Restart `fluxo up`."
            )
        time.sleep(_POLL_S)


def _is_done(state: SystemState, replicas: int) -> bool:
    wanted = {f"{kind}-{instance}" for kind in REPLICATED_KINDS for instance in range(1, replicas + 1)}
    kinds = tuple(f"{kind}-" for kind in REPLICATED_KINDS)
    return state.ready and {each.name for each in state.processes if each.name.startswith(kinds)} == wanted


def _say_news(state: SystemState, said: set[str]) -> None:
    ready = {process.name for process in state.processes if process.ready}
    there = {process.name for process in state.processes}
    for name in sorted(ready - said):
        typer.echo(f"{name} is ready.")
    for name in sorted(said - there):
        typer.echo(f"{name} has stopped.")
    said |= ready
    said &= there


def _running(data_dir: Path) -> SystemState:
    state = load_state(data_dir)
    if state is None:
        raise CommandError(f"Nothing runs on {data_dir}: start it with `fluxo up`.")
    return state
