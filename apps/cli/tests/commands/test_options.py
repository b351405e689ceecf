from collections.abc import Iterator

import pytest
import typer
from fluxo_cli.__main__ import app_for
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command


def _commands() -> Iterator[tuple[str, TyperCommand]]:
    waiting = [("fluxo", get_command(app_for()))]
    while waiting:
        path, command = waiting.pop()
        if isinstance(command, TyperGroup):
            waiting += [(f"{path} {name}", each) for name, each in command.commands.items()]
        else:
            yield path, command


def test_an_option_of_one_value_is_refused_the_second_time_in_every_command():
    asked = set()
    for path, command in _commands():
        for option in command.params:
            if isinstance(option, TyperOption) and not (option.is_flag or option.multiple or option.count):
                name = option.opts[0]
                with pytest.raises(typer.BadParameter, match="It is given twice") as refused:
                    command.main([name, "1", f"{name}=9"], path, standalone_mode=False)
                assert f"'{name}'" in refused.value.format_message(), path
                asked.add((path, name))
    assert {
        ("fluxo token", "--merchant"),
        ("fluxo entries add", "--credit"),
        ("fluxo balances range", "--from"),
    } < asked


def test_who_gives_an_option_twice_is_told_which(fluxo):
    outcome = fluxo("entries", "add", "--credit", "1", "--credit", "9", "Sale")
    assert outcome.exit_status == 2
    assert "'--credit': It is given twice." in outcome.err


def test_a_switch_that_is_on_may_be_said_to_be_on_again(fluxo):
    assert '"ready": false' in fluxo("status", "--json", "--json").out
