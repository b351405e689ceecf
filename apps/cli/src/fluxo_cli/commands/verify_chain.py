"""`fluxo verify --chain`: the entries held to the chain that seals them."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import typer
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from fluxo_cli.operations.chain import Line, verify_chain
from fluxo_cli.output.progress import progress
from fluxo_cli.output.rendering import counted, note, printable, show

_SEAL_BYTES: Final = 32
_FAULTS: Final = {
    "changed": "{} was changed after it was sealed",
    "removed": "{} was removed after it was sealed",
    "inserted": "{} is in no block: it did not come by way of the service, or its block was removed",
    "block-changed": "the block was changed",
    "block-removed": "the block was removed",
    "signature": "the block is not signed by this installation's key",
    "seal-unknown": "the seal that was kept is none of the chain's: the books were rewritten",
}


def show_chain(environment: Mapping[str, str], merchant: str | None, seal: str | None, *, as_json: bool) -> None:
    """Print what does not agree, of one merchant or of all.

    Raises:
        typer.Exit: something does not.
    """
    argv = [sys.executable, "-m", "fluxo_entries", "chain"]
    argv += [f"--merchant={merchant}"] if merchant is not None else []
    argv += [f"--seal={_hexadecimal(seal)}"] if seal is not None else []
    findings: list[Line] = []
    with progress("Hashing", hidden=as_json) as report:
        verified = verify_chain(argv, environment, findings.append, report)
    if as_json:
        print(json.dumps({"agree": not findings, **verified, "findings": findings}, separators=(",", ":")))
    else:
        _print_chain(findings, verified)
    if findings:
        raise typer.Exit(1)


def _hexadecimal(seal: str) -> str:
    try:
        if len(bytes.fromhex(seal)) == _SEAL_BYTES:
            return seal
    except ValueError:
        pass
    raise typer.BadParameter("a seal is 64 hexadecimal digits", param_hint="--seal")


def _print_chain(findings: Sequence[Line], verified: Line) -> None:
    looked_at = f"{counted(verified['entries'], 'sealed entry', 'sealed entries')} of "
    looked_at += f"{counted(verified['merchants'], 'merchant')} in {counted(verified['blocks'], 'block')}"
    if findings:
        table = Table("Merchant", "Block", "What", box=SIMPLE)
        for each in findings:
            what = _FAULTS[each["fault"]].format(f"entry {each['entry_id']}")
            table.add_row(Text(printable(each["merchant_id"])), str(each["block"] or ""), Text(what, overflow="fold"))
        show(table)
        note(f"Does not agree: {counted(len(findings), 'finding')}; {looked_at} hashed.")
    else:
        print(f"Entries and chain agree: {looked_at}.")
    if verified["waiting"]:
        note(f"{counted(verified['waiting'], 'entry', 'entries')} more to be sealed, in seconds.")
