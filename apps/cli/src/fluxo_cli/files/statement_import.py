"""Sends a file of a bank, an acquirer or a spreadsheet to be previewed, and then recorded, by the service."""

import csv
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from fluxo_local.errors import CommandError
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from fluxo_cli.api.client import ServiceClient
from fluxo_cli.output.progress import Report
from fluxo_cli.output.rendering import counted, money, note, printable, show

BYTES_MAX: Final = 50 * 1024 * 1024
STATUSES: Final = ("new", "possible_duplicate", "duplicate", "invalid")
EXAMPLES: Final = 5
_PATH: Final = "/v1/imports"
_LOOK_EVERY_S: Final = 0.5
_HEAD_BYTES: Final = 4_096
_ZIP: Final = b"PK"
_OWN_COLUMNS: Final = frozenset({"direction", "business_date", "idempotency_key"})

_SAID_BY: Final = {
    "header": "",
    "report": " of a known report",
    "given": " as you say",
    "remembered": " as you confirmed them for this header",
}

Answer = Mapping[str, Any]


def is_statement(file: Path, content: bytes) -> bool:
    """Whether it is a file of somebody else's: neither JSON Lines nor CSV with columns as the API names them."""
    if file.suffix.lower() == ".jsonl" or file == Path("-"):
        return False
    head = content[:_HEAD_BYTES]
    if head.startswith(_ZIP) or b"\0" in head:
        return True
    first = head.decode("utf-8-sig", errors="replace").lstrip().partition("\n")[0]
    divider = ";" if ";" in first else ","
    try:
        cells = {cell.strip().lower() for row in csv.reader([first.strip()], delimiter=divider) for cell in row}
    except csv.Error:
        return True
    return not cells & _OWN_COLUMNS


def send(client: ServiceClient, file: Path, content: bytes, report: Report, **how: str | None) -> Answer:
    """Return the preview; `how` it is read as the API names it, such as `account`.

    Raises:
        CommandError: the file is too large, or cannot be read so; the message says why.
    """
    if len(content) > BYTES_MAX:
        raise CommandError(f"{file} is larger than 50 MiB: split it. Nothing was recorded.")
    begun = client.post_file(_PATH, content, filename=file.name, **how).json()
    preview = _when(client, begun, lambda now: now["state"] != "parsing", lambda now: report(now["line_count"], None))
    if preview["state"] == "failed":
        hint = " Give --columns date=…,amount=…" if preview["columns"] else ""
        raise CommandError(f"{file}: {printable(preview['reason'])}{hint}\nNothing was recorded.")
    return preview


def show_preview(client: ServiceClient, preview: Answer) -> None:
    """Print the totals, what the file leaves open, and the first lines of each status."""
    currency = preview["currency"]
    show(_totals(preview))
    if preview["columns"]:
        note(_columns(preview))
    for sentence in preview["guessed"]:
        note(f"Concluded: {sentence}")
    if preview["difference"] is not None and preview["difference"].strip("-0."):
        note(
            f"The file's own balances and its lines differ by {preview['difference']} {currency}: something is missing."
        )
    for status in STATUSES:
        if preview["lines"][status]["count"]:
            answer = client.get(f"{_PATH}/{preview['id']}/lines", status=status, limit=EXAMPLES).json()
            show(_lines(status, answer["items"], currency))


def to_record(preview: Answer, possible: str | None) -> int:
    """Return how many lines would be recorded."""
    lines = preview["lines"]
    count: int = lines["new"]["count"] + (lines["possible_duplicate"]["count"] if possible == "record" else 0)
    return count


def record(client: ServiceClient, preview: Answer, possible: str, category: str | None, report: Report) -> Answer:
    """Let it be recorded, and return what became of it."""
    path = f"{_PATH}/{preview['id']}"
    # Confirmed again it answers the same, so that any key will do.
    body = {"possible_duplicates": possible, "category": category}
    confirmed = client.post(f"{path}/confirm", body, idempotency_key=preview["id"]).json()
    return _when(
        client,
        confirmed,
        lambda now: now["state"] == "done",
        lambda now: report(now["line_reached"], now["line_count"]),
    )


def remove(client: ServiceClient, preview: Answer) -> None:
    """Remove what was not confirmed; whoever confirmed it meanwhile, or removed it, is right."""
    with suppress(CommandError):
        client.delete(f"{_PATH}/{preview['id']}")


def outcome(done: Answer) -> str:
    """Return what was recorded and what was not, in a sentence."""
    lines = done["lines"]
    sentences = [f"{counted(done['recorded_count'], 'entry', 'entries')} recorded"]
    sentences += [
        f"{lines[status]['count']:,} {word}"
        for status, word in (("duplicate", "there already"), ("invalid", "not recorded, for they are not right"))
        if lines[status]["count"]
    ]
    return f"{', '.join(sentences)}."


def _when(
    client: ServiceClient, now: Answer, is_there: Callable[[Answer], bool], told: Callable[[Answer], object]
) -> Answer:
    while not is_there(now):
        told(now)
        time.sleep(_LOOK_EVERY_S)
        now = client.get(f"{_PATH}/{now['id']}").json()
    return now


def _columns(preview: Answer) -> str:
    said = [f"{each['meaning']}={printable(each['name'])}" for each in preview["columns"] if each["meaning"]]
    others = [printable(each["name"]) for each in preview["columns"] if each["name"] and not each["meaning"]]
    passed_over = f"; not read: {', '.join(others)}" if others else ""
    return f"Columns{_SAID_BY[preview['columns_from']]}: {', '.join(said)}{passed_over}"


def _totals(preview: Answer) -> Table:
    title = " · ".join(printable(part) for part in (preview["filename"], preview["format"]) if part)
    table = Table(title=title, box=SIMPLE)
    table.add_column("Lines", no_wrap=True)
    for heading in ("Number", "In", "Out"):
        table.add_column(heading, justify="right", overflow="fold")
    for status in STATUSES:
        lines = preview["lines"][status]
        amounts = (money(lines["credits"], preview["currency"]), money(lines["debits"], preview["currency"]))
        table.add_row(status.replace("_", " "), f"{lines['count']:,}", *amounts)
    return table


def _lines(status: str, lines: list[Answer], currency: str) -> Table:
    table = Table(title=f"The first that are {status.replace('_', ' ')}", box=SIMPLE)
    for heading in ("Where", "Date"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Amount", justify="right", overflow="fold")
    table.add_column("Line", overflow="fold")
    for line in lines:
        sign = "-" if line["direction"] == "debit" else ""
        amount = "" if line["amount"] is None else money(f"{sign}{line['amount']}", currency)
        about = [line["description"] or line["source"] or "", line["reason"] or "", line["duplicate_of"] or ""]
        what = Text("\n").join(Text(printable(part), style="dim" if n else "") for n, part in enumerate(about) if part)
        table.add_row(printable(line["place"]), line["business_date"] or "", amount, what)
    return table
