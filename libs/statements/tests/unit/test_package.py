"""What is looked at in a workbook before its library reads it: how far it reaches, whatever it says of that."""

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import Terms
from fluxo_statements.recognise import read_statement
from fluxo_statements.sheets import package

BRL = Terms("BRL", 2)
SAMPLES = Path(__file__).parents[1] / "samples" / "xlsx"


def read(path: Path, content: bytes):
    path.write_bytes(content)
    return list(read_statement(path, BRL))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sheet"


@pytest.mark.parametrize(
    ("bound", "sentence"),
    [("UNPACKED_BYTES_MAX", "more than 0 MB"), ("CELLS_MAX", "down to row 3 and over 4 columns")],
)
def test_a_workbook_that_grows_too_large_is_not_read(monkeypatch, bound, sentence):
    sample = SAMPLES / "days-counted-from-1904.xlsx"
    monkeypatch.setattr(package, bound, 10)
    with pytest.raises(UnreadableFileError, match=sentence):
        list(read_statement(sample, BRL))


@pytest.mark.parametrize("chunk_bytes", range(180, 220))
def test_a_cell_that_is_cut_by_how_much_is_read_at_once_is_a_cell(file, monkeypatch, chunk_bytes):
    monkeypatch.setattr(package, "_CHUNK_BYTES", chunk_bytes)
    assert len(read(file, with_the_place(b'r="B2"'))) == 1
    monkeypatch.setattr(package, "CELLS_MAX", 3)
    with pytest.raises(UnreadableFileError, match="down to row 2 and over 2 columns"):
        read(file, with_the_place(b'r="B2"'))


def with_the_place(written: bytes) -> bytes:
    """A workbook of two rows, the place of whose last cell is written so."""
    made, changed = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet().write_row(0, 0, ["Data", "Valor"])
        book.worksheets()[0].write_row(1, 0, ["13/11/2026", "1,00"])
    with zipfile.ZipFile(made) as whole, zipfile.ZipFile(changed, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name).replace(b'r="B2"', written))
    return changed.getvalue()


@pytest.mark.parametrize("written", [b"r='B2'", b'r = "B2"', b'\nr=\t"B2"'])
def test_the_place_of_a_cell_is_found_however_it_is_written(file, monkeypatch, written):
    assert len(read(file, with_the_place(written))) == 1
    monkeypatch.setattr(package, "CELLS_MAX", 3)
    with pytest.raises(UnreadableFileError, match="down to row 2 and over 2 columns"):
        read(file, with_the_place(written))


@pytest.mark.parametrize("written", [b'r="AAAB2"', b'r="b2"', b"r='B12345678'", b'r=""', b'r="B2'])
def test_a_cell_that_stands_nowhere_is_refused(file, written):
    with pytest.raises(UnreadableFileError, match="which is no place in a sheet"):
        read(file, with_the_place(written))
