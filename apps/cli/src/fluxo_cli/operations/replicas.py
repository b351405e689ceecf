"""How many replicas `fluxo up` takes by itself, and whether there is room for those that somebody asks for."""

from collections.abc import Mapping

import typer
from fluxo_local.connections import Claim, connections_needed, shortages
from fluxo_local.cores import replicas_for, usable_cores
from fluxo_local.errors import CommandError
from fluxo_local.nginx import find_nginx
from fluxo_local.topology import REPLICAS_MAX

from fluxo_cli.operations.connection_limits import claims
from fluxo_cli.output.rendering import note

AUTO = "auto"
_BAD_USAGE = 2


def number_or_auto(text: str) -> str:
    if text == AUTO or (text.isdecimal() and int(text) >= 1):
        return text
    raise typer.BadParameter(f"{text!r} is neither a number from 1 on nor {AUTO}.")


def replicas_of(text: str, databases: Mapping[str, str]) -> int:
    """Return how many to start; raises CommandError, with all that is missing, where there is no room for them."""
    if text == AUTO:
        return _chosen(databases)
    if (replicas := int(text)) > 1:
        find_nginx()
        refuse_without_room(databases, replicas)
    return replicas


def refuse_without_room(databases: Mapping[str, str], replicas: int) -> None:
    """Raise CommandError with all that is missing for so many."""
    asked = claims(databases)
    missing = shortages(asked, replicas)
    if replicas > REPLICAS_MAX:
        room, needed = connections_needed(REPLICAS_MAX), connections_needed(replicas)
        missing.append(
            f"One machine has ports for {REPLICAS_MAX} of each, and the PostgreSQL that `fluxo up` starts has room for "
            f"the {room} connections of so many, not for {needed:,}: start more on other machines, see "
            "docs/operating/scale.md."
        )
    if missing:
        raise CommandError(
            f"There is no room for {replicas} replicas, and nothing was changed. As it is, "
            f"{_fitting(asked, REPLICAS_MAX) or 'not even 1'} would fit.\n" + "\n".join(missing),
            exit_status=_BAD_USAGE,
        )


def _chosen(databases: Mapping[str, str]) -> int:
    """Take as many as there are cores, a balancer and connections for, and say so where there is a choice."""
    cores = usable_cores()
    if (by_cores := replicas_for(cores)) == 1:
        return 1
    try:
        find_nginx()
    except CommandError as error:
        note(f"One replica of each, where {cores:g} cores would do for {by_cores}: {error}")
        return 1
    asked = claims(databases)
    chosen = max(_fitting(asked, by_cores), 1)
    note(f"{chosen} {'replicas' if chosen > 1 else 'replica'} of each, for {cores:g} cores.")
    if chosen < by_cores:
        for shortage in shortages(asked, by_cores):
            note(f"For {by_cores}: {shortage}")
    return chosen


def _fitting(asked: list[Claim], most: int) -> int:
    return next((replicas for replicas in range(most, 0, -1) if not shortages(asked, replicas)), 0)
