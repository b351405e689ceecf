"""`fluxo dead-letters list|show|redrive|discard`: events that could not be applied to the balances."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
import typer
from fluxo_local.errors import CommandError
from rich.console import Console

from fluxo_cli.commands.groups import dead_letters_app
from fluxo_cli.operations.dead_letters import ask_dead_letters
from fluxo_cli.operations.environment import environment_of
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json
from fluxo_cli.output.dead_letter_rendering import event_text, letter_sheet, letters_table
from fluxo_cli.output.rendering import note, printable, show

_NEEDED: Final = ("FLUXO_BALANCES_DATABASE_URL", "FLUXO_STREAMS_URL", "FLUXO_CACHE_URL")
_STAYS: Final = {"failed", "too-old"}

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="The letters, by their ids.")]
All = Annotated[bool, typer.Option("--all", help="Every letter.")]


@dead_letters_app.command("list")
def list_(*, as_json: Json = False, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """List the events that could not be applied, oldest first, each with the reason.

    Examples:
      fluxo dead-letters list

      fluxo dead-letters list --json | jq -r '.items[].reason' | sort | uniq -c
    """
    letters = _ask("show", None, data_dir)
    if as_json:
        _print_json({"items": letters})
    elif letters:
        show(letters_table(letters, datetime.now(UTC)))
    else:
        print("There are no dead letters.")


@dead_letters_app.command("show")
def show_(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="The letter's id.")],
    *,
    as_json: Json = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show one letter: its event, and what happened to it.

    Example:
      fluxo dead-letters show 1763821930123-0
    """
    (letter,) = _ask("show", [letter_id], data_dir)
    if letter.get("outcome") == "missing":
        raise CommandError(f"There is no dead letter {printable(letter_id)}.")
    if as_json:
        _print_json(letter)
        return
    show(letter_sheet(letter, datetime.now(UTC)))
    print(event_text(letter["event"]))


@dead_letters_app.command()
def redrive(
    letter_ids: Ids = None, *, everything: All = False, as_json: Json = False, data_dir: DataDir = DEFAULT_DATA_DIR
) -> None:
    """Apply letters' events once more, when what kept them out is mended. Repeating it counts nothing twice.

    A letter whose event is applied goes; one that fails again stays, with the new reason.
    Exit status: 0 when no letter asked for is left, 1 when some are.

    Examples:
      fluxo dead-letters redrive 1763821930123-0

      fluxo dead-letters redrive --all
    """
    answers = _ask("redrive", _wanted(letter_ids, everything=everything), data_dir)
    _report(answers, as_json=as_json)
    if any(answer["outcome"] in _STAYS for answer in answers):
        raise typer.Exit(1)


@dead_letters_app.command()
def discard(
    letter_ids: Ids = None,
    *,
    everything: All = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Remove letters for good. The balances then lack their entries, until `fluxo rebuild`.

    Examples:
      fluxo dead-letters discard 1763821930123-0

      fluxo dead-letters discard --all --yes
    """
    wanted = _wanted(letter_ids, everything=everything)
    if not yes:
        if not sys.stdin.isatty():
            raise CommandError("Discarding is for good: say --yes where nobody can be asked.", exit_status=2)
        named = "every dead letter" if wanted is None else ", ".join(map(printable, wanted))
        typer.confirm(f"Discard {named} for good?", abort=True)
    _report(_ask("discard", wanted, data_dir), as_json=as_json)


def _wanted(letter_ids: list[str] | None, *, everything: bool) -> list[str] | None:
    """Return the ids, or None for all."""
    if bool(letter_ids) == everything:
        raise typer.BadParameter("Give the ids of letters, or --all.")
    return letter_ids or None


def _ask(
    action: Literal["show", "redrive", "discard"], letter_ids: list[str] | None, data_dir: Path
) -> list[dict[str, Any]]:
    environment = environment_of(data_dir, _NEEDED)
    answers = []
    with Console(stderr=True).status("Asking …") as status:
        for answer in ask_dead_letters(action, letter_ids, environment, data_dir / "logs"):
            answers.append(answer)
            status.update(f"{len(answers):,} letters …")
    return answers


def _report(answers: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        _print_json({"items": answers})
        return
    for answer in answers:
        print(f"{answer['id']}: {_sentence(answer)}")
    if not answers:
        note("There are no dead letters.")


def _sentence(answer: dict[str, Any]) -> str:
    match answer["outcome"]:
        case "applied":
            return "applied to the balances."
        case "applied-before":
            return "was applied before; the letter is gone now."
        case "skipped":
            return f"{printable(answer['reason'])} The letter is gone now."
        case "discarded":
            return f"discarded (SHA-256 {answer['sha256']})."
        case "missing":
            return "there is no such letter."
        case _:
            return f"stays. {printable(answer['reason'])}"


def _print_json(document: dict[str, Any]) -> None:
    print(orjson.dumps(document).decode())
