"""Tables written in any dialect, layout and way of amounts and days, and read back; what a sheet's callers ask."""

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from fluxo_statements.columns import read_as
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import StatementLine, Terms
from fluxo_statements.recognise import read_statement
from fluxo_statements.sheets.header import UnknownColumnsError
from fluxo_statements.sheets.headers import mapping_of
from fluxo_statements.sheets.mapping import Mapping, Meaning, fingerprint
from hypothesis import given, settings
from hypothesis import strategies as st

BRL = Terms("BRL", 2)
ENTRIES = st.lists(
    st.tuples(
        st.dates(date(2000, 1, 1), date(2099, 12, 31)),
        st.integers(-(10**11), 10**11).filter(bool),
        st.text(st.sampled_from("abc ;,|\t\n\"'çãÉ€-+/.=0123456789"), max_size=30),
    ),
    min_size=1,
    max_size=20,
)


@dataclass(frozen=True)
class Style:
    """How one file is written; each amount and day also in a way that only this order and sign can mean."""

    delimiter: str
    encoding: str
    day: str
    decimal_sign: str
    layout: str
    quoting: int
    line_end: str
    lines_above: bool

    def money(self, minor: int, sign: str = "minus before") -> str:
        thousands = "." if self.decimal_sign == "," else ","
        units, cents = divmod(abs(minor), 100)
        plain = f"{units:,}".replace(",", thousands) + f"{self.decimal_sign}{cents:02}"
        if minor > 0:
            return plain
        return {"minus before": f"-{plain}", "minus behind": f"{plain}-", "brackets": f"({plain})", "D": f"{plain} D"}[
            sign
        ]

    def cells(self, day: date, minor: int, text: str) -> list[str]:
        first, magnitude = [day.strftime(self.day), text], self.money(abs(minor))
        match self.layout:
            case "in and out":
                return [*first, magnitude if minor > 0 else "", magnitude if minor < 0 else ""]
            case "direction":
                return [*first, magnitude, "C" if minor > 0 else "D"]
            case sign:
                return [*first, self.money(minor, sign)]

    @property
    def header(self) -> list[str]:
        amounts = {"in and out": ["Crédito (R$)", "Débito (R$)"], "direction": ["Valor", "D/C"]}
        return ["Data", "Histórico", *amounts.get(self.layout, ["Valor (R$)"])]

    def write(self, entries) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter, quoting=self.quoting, lineterminator=self.line_end)
        if self.lines_above:
            writer.writerows([["Extrato da Padaria"], ["Período", "de novembro"], []])
        writer.writerow(self.header)
        writer.writerow(self.cells(date(2026, 11, 30), 123_456_78, "decides order and sign"))
        writer.writerows(self.cells(*entry) for entry in entries)
        return text.getvalue().encode(self.encoding)


STYLES = st.builds(
    Style,
    delimiter=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    day=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%Y%m%d"]),
    decimal_sign=st.sampled_from(",."),
    layout=st.sampled_from(["minus before", "minus behind", "brackets", "D", "in and out", "direction"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    lines_above=st.booleans(),
)


def read(path: Path, content: bytes, terms: Terms = BRL):
    path.write_bytes(content)
    return list(read_statement(path, terms))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("sheets") / "sheet"


def said(items):
    assert all(isinstance(item, StatementLine) for item in items), items
    return [(item.booked_on, item.amount_minor, item.description) for item in items]


def folded(entries):
    return [(day, minor, " ".join(text.split())) for day, minor, text in entries]


@settings(max_examples=60, deadline=None)
@given(style=STYLES, entries=ENTRIES)
def test_a_table_in_any_dialect_and_layout_is_read_back(file, style, entries):
    items = read(file, style.write(entries))
    assert said(items)[1:] == folded(entries)


@settings(max_examples=20, deadline=None)
@given(entries=ENTRIES, epoch=st.booleans(), as_text=st.booleans())
def test_a_workbook_is_read_back(file, entries, epoch, as_text):
    book = xlsxwriter.Workbook(file, {"date_1904": epoch, "default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Extrato")
    sheet.write_row(0, 0, ["Data", "Histórico", "Valor"])
    for row, (day, minor, text) in enumerate([(date(2026, 11, 30), -1, "first"), *entries], start=1):
        sheet.write(row, 0, day.strftime("%d/%m/%Y") if as_text else day)
        sheet.write_string(row, 1, text)
        sheet.write(row, 2, minor / 100)
    book.close()
    assert said(list(read_statement(file, BRL)))[1:] == folded(entries)


@settings(max_examples=60, deadline=None)
@given(style=STYLES, entries=ENTRIES, data=st.data())
def test_a_damaged_cell_loses_no_line(file, style, entries, data):
    junk = data.draw(st.text(st.sampled_from("0123456789/.,-+() CDRx"), max_size=12))
    lines = style.write([(day, minor, "text") for day, minor, _text in entries]).decode(style.encoding).splitlines()
    above = 5 if style.lines_above else 2
    at, column = data.draw(st.integers(above, len(lines) - 1)), data.draw(st.sampled_from([0, 2]))
    cells = next(csv.reader([lines[at]], delimiter=style.delimiter))
    cells[column] = junk
    text = io.StringIO()
    csv.writer(text, delimiter=style.delimiter).writerow(cells)
    lines[at] = text.getvalue().rstrip()
    items = read(file, "\n".join(lines).encode(style.encoding))
    nothing_moved = set() if any(each in "123456789" for each in "".join(cells[2:])) else {at + 1}
    assert {item.place.number for item in items} | nothing_moved >= set(range(above + 1, len(lines) + 1))


SAMPLES = [
    path for path in (Path(__file__).parents[1] / "samples").glob("[cx][sl]*/*") if not path.name.endswith(".json")
]


def how_it_ended(path: Path, content: bytes, terms: Terms = BRL) -> str:
    try:
        return f"{len(read(path, content, terms))} items."
    except UnreadableFileError as error:
        return str(error)


@settings(max_examples=300, deadline=None)
@given(
    content=st.binary(max_size=300)
    | st.text(st.sampled_from("DataVlor;,\t\n\"'-/.0123456789"), max_size=300).map(str.encode)
)
def test_any_bytes_are_read_or_refused_with_a_sentence(file, content):
    assert how_it_ended(file, content).endswith(".")


@settings(max_examples=200, deadline=None)
@given(sample=st.sampled_from(SAMPLES), data=st.data())
def test_a_damaged_sample_is_read_or_refused_with_a_sentence(file, sample, data):
    content = bytearray(sample.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert how_it_ended(file, bytes(content)).endswith(".")


@settings(max_examples=100, deadline=None)
@given(sample=st.sampled_from([path for path in SAMPLES if path.suffix == ".xlsx"]), data=st.data())
def test_a_workbook_with_damaged_parts_is_read_or_refused_with_a_sentence(file, sample, data):
    if not zipfile.is_zipfile(sample):
        return
    packed = io.BytesIO()
    with zipfile.ZipFile(sample) as whole, zipfile.ZipFile(packed, "w") as damaged:
        chosen = data.draw(st.sampled_from([name for name in whole.namelist() if name.startswith("xl/")]))
        for name in whole.namelist():
            content = bytearray(whole.read(name))
            if name == chosen:
                at = data.draw(st.integers(0, len(content) - 1))
                content[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=3))
            damaged.writestr(name, bytes(content))
    assert how_it_ended(file, packed.getvalue()).endswith(".")


def test_what_a_merchant_says_of_the_columns_is_remembered_by_the_header(file):
    content = "Quando;O quê;Quanto;Saldo\n05/06/2026;Conta de luz;10.50;1\n".encode()
    with pytest.raises(UnknownColumnsError, match="Line 1 has: Quando, O quê, Quanto, Saldo") as refused:
        read(file, content)
    header = refused.value.header
    assert fingerprint(header) == fingerprint(["QUANDO", "o que", "Quanto ", "Saldo", ""]) == "78f604271a1ca778"
    mapping = mapping_of(header)._replace(
        columns=(Meaning.DAY, Meaning.DESCRIPTION, Meaning.MONEY_OUT, None), day_first=False, decimal_sign="."
    )
    assert said(read(file, content, BRL._replace(mapping=mapping))) == [(date(2026, 5, 6), -1050, "Conta de luz")]
    with pytest.raises(UnknownColumnsError, match="is for other columns"):
        read(file, b"Data;Valor\n13/11/2026;1,00\n", BRL._replace(mapping=mapping))


def test_the_columns_of_a_file_are_shown_and_keep_their_fingerprint_however_the_sheet_is_written(file):
    file.write_bytes("Data;Histórico;Valor;;\n13/11/2026;Pix;1,00;;\n".encode())
    columns = read_as(file, BRL).columns
    assert columns.meanings == ("date", "description", "amount", None, None)
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write_row(0, 0, ["DATA", "historico", "Valor (R$)"])
    assert read_as(file, BRL).columns.fingerprint == columns.fingerprint


def test_a_sheet_without_a_header_is_read_by_a_mapping(file):
    mapping = Mapping(header=(), columns=(Meaning.DAY, Meaning.AMOUNT, Meaning.DESCRIPTION))
    items = read(file, b"13/11/2026;-1,00;first\n14/11/2026;2,00;second\n", BRL._replace(mapping=mapping))
    assert said(items) == [(date(2026, 11, 13), -100, "first"), (date(2026, 11, 14), 200, "second")]


@pytest.mark.parametrize(
    "sample",
    [
        path
        for path in SAMPLES
        if path.name.split("-")[-1] in ("report.csv", "receivables.csv", "receipts.csv", "receipts.xlsx")
    ],
    ids=lambda path: path.name,
)
def test_gross_and_fee_apart_make_the_net(sample):
    net = [item for item in read_statement(sample, BRL) if isinstance(item, StatementLine)]
    apart = [item for item in read_statement(sample, BRL._replace(fees_apart=True)) if isinstance(item, StatementLine)]
    for line in net:
        parts = [each.amount_minor for each in apart if each.place == line.place]
        assert sum(parts) == line.amount_minor
    assert len(apart) > len(net)


@pytest.mark.parametrize(
    ("currency", "decimals", "text", "minor"),
    [
        ("JPY", 0, "1.234", 1234),
        ("JPY", 0, "1.234,00", 1234),
        ("KWD", 3, "1.234,567", 1_234_567),
        ("KWD", 3, "1,234", 1234),
        ("BRL", 2, "1.234", 123_400),
        ("BRL", 2, "0,5", 50),
        ("BRL", 2, "12,5000", 1250),
        ("BRL", 2, "1.234.567", 123_456_700),
        ("BRL", 2, "123.456.789.012.345,67", 12_345_678_901_234_567),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(file, currency, decimals, text, minor):
    items = read(file, f"Data;Valor\n13/11/2026;{text}\n".encode(), Terms(currency, decimals))
    assert [item.amount_minor for item in items] == [minor]


@pytest.mark.parametrize(
    ("content", "terms", "sentence"),
    [
        (
            "Data;Valor (R$)\n13/11/2026;1,00\n",
            Terms("USD", 2),
            "The header says R$, and amounts in USD were expected.",
        ),
        ("Data;Valor\n13/11/2026;1,00\n", BRL._replace(mapping=Mapping((), (Meaning.DAY,))), "has no column for"),
        ("um só texto, sem tabela\n", BRL, "Missing is one with the day"),
        (f"Data;Valor\n{'x' * 200_000};1,00\n", BRL, "Line 2: field larger than"),
        (f"Data;Valor\n{';' * 1_100_000}\n", BRL, "A line has more than 1 MB"),
    ],
)
def test_what_cannot_be_read_at_all_is_said(file, content, terms, sentence):
    assert sentence in how_it_ended(file, content.encode(), terms)


def test_an_amount_has_fifteen_digits_before_its_decimals_at_most(file):
    digits = "1" + ".000" * 5
    (line,) = read(file, f"Data;Valor\n13/11/2026;{digits},00\n".encode())
    assert line.reason == f"'{digits},00' is no amount of BRL with 2 decimals and a comma before them."


def test_a_column_of_cards_does_not_say_what_came_in_and_what_went_out(file):
    items = read(file, "Data;Bandeira;Tipo;Valor\n13/11/2026;Visa;Débito;9,00\n14/11/2026;Elo;Crédito;1,00\n".encode())
    assert [item.amount_minor for item in items] == [900, 100]
