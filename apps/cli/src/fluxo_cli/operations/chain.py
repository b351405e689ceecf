"""Asks the entries service's `chain` process what does not agree with the chain over the entries."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

from fluxo_local.errors import CommandError
from fluxo_local.process_environment import SEALS_KEY, environment_of
from fluxo_local.services import SERVICES

from fluxo_cli.operations.child_process import run_lines

Line = dict[str, Any]


def verify_chain(
    argv: Sequence[str],
    environment: Mapping[str, str],
    found: Callable[[Line], object],
    report: Callable[[int, int], object] = lambda _done, _total: None,
) -> Line:
    """Run `argv`, call `found` with each finding and `report` with the progress, and return what was looked at.

    Raises:
        CommandError: the chain could not be verified.
    """
    verified: Line | None = None
    (entries,) = (each for each in SERVICES if each.name == "entries")
    known = environment_of(entries, "chain", environment)
    known |= {SEALS_KEY: environment[SEALS_KEY]} if SEALS_KEY in environment else {}
    with (
        tempfile.TemporaryFile() as complaints,
        closing(run_lines(argv, known, complaints, otherwise="its process")) as lines,
    ):
        try:
            for line in map(json.loads, lines):
                if "fault" in line:
                    found(line)
                else:
                    verified = line
                    report(line["entries"], line["of"])
        except CommandError as error:
            raise CommandError(str(error), exit_status=3) from error
    if verified is None:
        raise CommandError("The chain cannot be verified: its process said nothing.", exit_status=3)
    return verified
