import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import problem_responses

from fluxo_entries.application.importing.imports import ListImportLines
from fluxo_entries.application.importing.ports import Import, ImportLine
from fluxo_entries.domain.statement_line import LineStatus
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.import_parameters import ImportIdInPath

PAGE_LINES: Final = 1_000
Found = tuple[Import, Sequence[ImportLine], int | None]
HEADER: Final = ("place", "reason", "source")
_MEDIA_TYPE: Final = "text/csv"
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file.", "content": {_MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


def add_failed_import_lines(routes: APIRouter, list_import_lines: ListImportLines) -> None:
    async def all_lines(found: Found, merchant_id: str, import_id: UUID) -> AsyncIterator[Sequence[ImportLine]]:
        _, lines, after = found
        rows = _by_row(lines)
        while after is not None:
            yield rows[:-1]
            _, lines, after = await list_import_lines(merchant_id, import_id, LineStatus.INVALID, after, PAGE_LINES)
            rows = _by_row([*rows[-1:], *lines])
        yield rows

    async def file(found: Found, merchant_id: str, import_id: UUID) -> AsyncIterator[str]:
        heading = found[0].summary.heading
        if heading is not None:
            # What recording alone refused has no source: then none is given as it came, lest a line be left out.
            async for lines in all_lines(found, merchant_id, import_id):
                if not all(line.source for line in lines):
                    heading = None
                    break
        yield _csv([HEADER]) if heading is None else heading
        async for lines in all_lines(found, merchant_id, import_id):
            yield _text(lines, heading)

    @routes.get(
        "/v1/imports/{import_id}/failed-lines",
        operation_id="getFailedImportLines",
        summary="Get the lines that cannot be recorded",
        description=(
            "The invalid lines of an import as a file. Of a CSV they are as they came, below what stood above them, to "
            "be mended and imported again. Of other formats, and where a line is only refused when it is recorded, it "
            "is CSV of where each stands, why, and what stands there."
        ),
        response_class=Response,
        responses={**READ_PROBLEMS, **problem_responses(404, 410), **_FILE},
    )
    async def answer(
        principal: Annotated[Principal, Depends(requires("entries:read"))], import_id: ImportIdInPath
    ) -> Response:
        merchant_id = principal.tenant
        found = await list_import_lines(merchant_id, import_id, LineStatus.INVALID, 0, PAGE_LINES)
        headers = {"Content-Disposition": f'attachment; filename="failed-lines-{import_id}.csv"'}
        return StreamingResponse(file(found, merchant_id, import_id), 200, headers, _MEDIA_TYPE)


def _by_row(lines: Sequence[ImportLine]) -> list[ImportLine]:
    """Return one line for each place, with all reasons: gross and fee of a sale are one row of its file."""
    rows: list[ImportLine] = []
    for line in lines:
        if rows and rows[-1].place == line.place:
            reasons = dict.fromkeys(filter(None, (rows[-1].reason, line.reason)))
            rows[-1] = rows[-1]._replace(reason=" ".join(reasons))
        else:
            rows.append(line)
    return rows


def _text(lines: Sequence[ImportLine], heading: str | None) -> str:
    if heading is not None:
        return "".join(f"{line.source}\n" for line in lines if line.source)
    return _csv([(line.place, line.reason or "", line.source or "") for line in lines])


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Return the cell as no spreadsheet takes it for a formula.

    Not `defused`, which looks behind each separator too: a line keeps the minus of the amounts within it.
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
