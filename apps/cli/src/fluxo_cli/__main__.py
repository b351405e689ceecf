"""The `fluxo` command: every command it has is listed here, and only the one that is asked for is loaded."""

import inspect
import re
import sys
from importlib import import_module
from typing import Annotated, Final

import typer
from fluxo_local.errors import CommandError

from fluxo_cli.each_once import EachOptionOnce

_COMMANDS: Final = (
    *("up", "status", "restart", "scale", "log-level", "token", "verify", "rebuild", "backup", "restore", "doctor"),
    *("bench", "open", "dashboard", "cash-book", "reconcile"),
)
# The modules that add commands to a group.
_GROUPS: Final = {
    "entries": ("entries", "entries_import", "entries_export", "services"),
    "balances": ("balances", "balances_export", "services"),
    "dead-letters": ("dead_letters",),
    "api-keys": ("api_keys",),
    "day-closes": ("day_closes",),
}


def app_for(asked: str = "") -> typer.Typer:
    """Return the command line with the command or group that is asked for, else with all of them."""
    app = typer.Typer(
        name="fluxo",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Entries in, daily balances out. Start with `fluxo up`, then `fluxo token --merchant my-shop`.",
    )
    app.callback()(_options)  # also because an only command would have no name without one
    everything = (*_COMMANDS, *_GROUPS)
    for name in (asked,) if asked in everything else everything:
        if name in _GROUPS:
            for module in _GROUPS[name]:
                import_module(f"fluxo_cli.commands.{module}")
            app.add_typer(import_module("fluxo_cli.commands.groups").GROUPS[name], name=name)
        else:
            module = name.replace("-", "_")
            app.command(name)(getattr(import_module(f"fluxo_cli.commands.{module}"), module))
    for group in (app, *(info.typer_instance for info in app.registered_groups)):
        for command in group.registered_commands if group else ():
            command.cls = EachOptionOnce
            command.help = _help_of(command.callback)
    return app


def _say_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version  # noqa: PLC0415 - takes as long as a small command

        typer.echo(f"fluxo {version('fluxo-cli')}")
        raise typer.Exit


_IsVersionAsked = Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Which Fluxo.")]


def _options(_is_version_asked: _IsVersionAsked = False) -> None: ...


def _help_of(callback: object) -> str:
    """Return its docstring for a terminal of any width: only lines that are indented, examples, stay as they are."""
    text = re.sub(r"(?<=\S)\n(?=\S)", " ", inspect.getdoc(callback) or "")
    return re.sub(r"\n\n(?= )", "\n", text)


def main() -> None:
    try:
        app_for(*sys.argv[1:2])()
    except CommandError as error:
        typer.echo(f"fluxo: {error}", err=True)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
