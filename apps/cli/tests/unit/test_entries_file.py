"""A file's rows, and the entries that they are to the service."""

import csv
import io
from datetime import date

import pytest
from fluxo_cli.files.cells import CellReader
from fluxo_cli.files.entries_file import ENTRY_COLUMNS, Row, RowError, read_entries
from fluxo_cli.files.exporting import write_csv
from fluxo_contracts.currencies import money_in
from fluxo_entries.domain.draft import rules_for
from fluxo_entries.domain.errors import RejectedFieldsError
from fluxo_entries.entrypoints.http.bodies import parse_item
from fluxo_local.errors import CommandError
from hypothesis import given
from hypothesis import strategies as st

READER = CellReader("BRL")
BRAZILIAN = CellReader("BRL", day_first=True)
GOOD = {"direction": "credit", "amount": "150.00", "business_date": "2026-11-22", "description": "Venda balcão"}


def rows(text, name="entries.csv"):
    return list(read_entries(text.encode() if isinstance(text, str) else text, name).rows)


def read(reader=READER, **cells):
    return reader.entry_of(Row(2, GOOD | cells))


def errors(reader=READER, **cells):
    return {error.column: error.sentence for error in read(reader, **cells)[1]}


def test_commas_or_semicolons_divide_a_row_as_its_header_says():
    expected = [Row(2, {"direction": "debit", "amount": "1,50", "description": "Pão; leite, café"})]
    assert rows('direction,amount,description\ndebit,"1,50","Pão; leite, café"\n') == expected
    assert rows('direction;amount;description\r\ndebit;1,50;"Pão; leite, café"\r\n') == expected


def test_what_a_spreadsheet_adds_is_passed_over():
    text = "\ufeffdescription; amount ;direction\r\nVenda;1,00;credit\r\n;;\r\n\r\n"
    assert rows(text) == [Row(2, {"description": "Venda", "amount": "1,00", "direction": "credit"})]


@pytest.mark.parametrize("blank", [";;", " ; ;", "\u00a0;;\u3000", '" ";"";'])
def test_a_row_of_blanks_is_passed_over_like_an_empty_one(blank):
    assert rows(f"direction;amount;description\n{blank}\n\t;;\n") == []


def test_an_ending_in_capitals_is_an_ending():
    assert rows('{"amount": "1.00"}\n', "ENTRIES.JSONL") == [Row(1, {"amount": "1.00"})]


@pytest.mark.parametrize("name", ["entries.csv", "entries.jsonl"])
def test_a_byte_order_mark_in_the_middle_is_named(name):
    row = "credit;1.00;x\n" if name.endswith("csv") else '{"amount": "1.00"}\n'
    head = "direction;amount;description\n" if name.endswith("csv") else ""
    found = rows(f"\ufeff{head}{row}\ufeff{head}{row}", name)
    (complaint,) = [each for each in found if isinstance(each, RowError) and each.column is None]
    assert complaint.line == (3 if head else 2)
    assert "byte order mark" in complaint.sentence


def test_a_separator_at_the_end_of_a_row_is_named():
    (complaint,) = rows("direction;amount;description\ncredit;1.00;x;\n")
    assert complaint == RowError(2, None, "It ends with a separator too many: it is that of a column without a name.")


def test_a_row_is_named_by_the_line_it_begins_in():
    text = 'direction,amount,description\ncredit,1.00,"two\nlines"\ncredit,2.00,x\n'
    assert [row.line for row in rows(text)] == [2, 4]


def test_a_row_of_another_width_is_complained_about_and_the_others_are_read():
    first, second = rows("direction,amount,description\ncredit,1,50,Venda\ncredit,1.50,Venda\n")
    assert first == RowError(2, None, "It has 4 cells, and the first line names 3 columns.")
    assert second.line == 3


@pytest.mark.parametrize("broken", ['credit,1.00,"Venda\ncredit,1.00,x\n', 'credit,1.00,"Ven"da\n'])
def test_quotes_that_do_not_fit_are_named_by_the_line_they_begin_in(broken):
    good, complaint = rows("direction,amount,description\ncredit,1.00,x\n" + broken)
    assert (good.line, complaint.line, complaint.column) == (2, 3, None)
    assert "quotes" in complaint.sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The column direction is missing"),
        (b"direction,amount\ncredit,1.00\n", "The column description is missing"),
        (b"direction,amount,description,categoria\n", "“categoria” is no column"),
        (b"direction;amount;description;\n", "Column 4 has no name"),
        (b"sep=;\ndirection;amount;description\n", "the first line, sep=;, is a spreadsheet's note to itself"),
        (b"SEP=,\r\ndirection,amount,description\r\n", "the first line, SEP=,, is"),
        (b"direction\tamount\tdescription\n", "tabs divide its cells"),
        (b"direction,amount,description,amount\n", "The column amount stands there twice"),
        ("direction,amount,description\ncredit,1.00,balcão\n".encode("latin-1"), "not UTF-8 text, from line 2 on"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_in_a_sentence(content, sentence):
    with pytest.raises(CommandError, match=sentence):
        read_entries(content, "entries.csv")


def test_json_lines_are_read_as_the_api_answers_them():
    text = '{"direction": "credit", "amount": "1.00", "category": null}\n\n{"amount": 1.0, "valor": "1"}\n[]\n{\n'
    found = rows(text, "entries.jsonl")
    assert found[0] == Row(1, {"direction": "credit", "amount": "1.00", "category": ""})
    assert [(complaint.line, complaint.column) for complaint in found[1:]] == [
        (3, "amount"),
        (3, "valor"),
        (4, None),
        (5, None),
    ]


def test_json_lines_name_what_stands_twice_in_an_object():
    text = '{"amount": "1.00", "direction": "credit", "amount": "9.00"}\n{"amount": "1.00", "am\\u006funt": "1.00"}\n'
    found = rows(text, "entries.jsonl")
    assert [(complaint.line, complaint.column) for complaint in found] == [(1, "amount"), (2, "amount")]
    assert all("twice" in complaint.sentence for complaint in found)


def test_a_brazilian_spreadsheets_amounts_and_dates_are_understood():
    entry, wrong = read(BRAZILIAN, amount="1.234,56", business_date="2/11/2026")
    assert (entry["amount"], entry["business_date"], wrong) == ("1234.56", "2026-11-02", [])
    assert read(BRAZILIAN, business_date="2026-11-02")[0]["business_date"] == "2026-11-02"


def test_what_two_people_read_differently_is_not_guessed():
    assert read(business_date="02/11/2026")[0]["business_date"] == "02/11/2026"
    assert "two ways" in errors(amount="1.234")["amount"]


def test_the_same_entry_comes_out_equal_however_it_was_written():
    one = read(BRAZILIAN, amount=" 01234,5 ", business_date="22/11/2026", currency="BRL", category=" ")
    other = read(amount="1234.50", description="Venda balca\u0303o ")
    assert one == other


def test_what_the_service_has_to_judge_is_sent_as_it_stands():
    cells = {"direction": "Entrada", "currency": "USD", "category": "x" * 61, "idempotency_key": " outer"}
    assert read(**cells) == (GOOD | cells, [])


def test_a_row_without_a_date_needs_one_for_all_such():
    assert "--date" in errors(business_date=" ")["business_date"]
    dated = CellReader("BRL", undated_on=date(2026, 11, 1))
    assert read(dated, business_date="")[0]["business_date"] == "2026-11-01"
    assert read(dated)[0]["business_date"] == "2026-11-22"


def test_a_reversal_becomes_a_plain_entry_only_when_that_is_asked_for():
    tied = {"reverses": "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70", "id": "x", "recorded_at": "2026"}
    assert "--unlink-reversals" in errors(**tied)["reverses"]
    assert "--unlink-reversals" in errors(reversed_by=tied["reverses"])["reversed_by"]
    assert read(CellReader("BRL", unlinked=True), **tied) == read()


anything = st.text(st.characters(codec="utf-8"), max_size=210)
cells = st.one_of(
    st.tuples(st.just("amount"), st.one_of(st.from_regex(r"[0-9]{0,14}(?:\.[0-9]{0,3})?", fullmatch=True), anything)),
    st.tuples(st.sampled_from(["direction", "description", "category", "currency"]), anything),
    st.tuples(st.just("idempotency_key"), st.text(st.characters(codec="ascii"), max_size=260)),
    st.tuples(st.just("business_date"), st.one_of(st.dates(date(1899, 1, 1), date(2026, 11, 24)).map(str), anything)),
)


def taken(item):
    """What the service makes of an item; None when it refuses it."""
    try:
        return parse_item({"idempotency_key": "k"} | item, rules_for(item, "BRL"))
    except RejectedFieldsError:
        return None


@given(cells)
def test_what_the_service_takes_as_it_is_written_is_the_same_when_it_is_read(cell):
    column, text = cell
    as_written = taken({name: each for name, each in (GOOD | {column: text}).items() if each or name in GOOD})
    entry, wrong = read(**{column: text})
    # A file may write in more ways than the API: 1,50, or with blanks around a date.
    assert as_written is None or (wrong, taken({"currency": "BRL"} | entry)) == (
        [],
        as_written._replace(draft=as_written.draft._replace(currency=as_written.draft.currency or "BRL")),
    )


printed = st.text(st.characters(codec="utf-8"), max_size=60)


typed = st.text("'=+-@;,\t x\uff1d", max_size=8)


@given(
    written=st.lists(
        st.tuples(
            st.sampled_from(["credit", "debit"]),
            st.integers(1, 99_999_999_999_999).map(money_in("BRL")),
            st.one_of(printed, st.sampled_from(['"', "a\nb", "a\r\nb", "\r", ";", ",", '";\n"', "=1+1", " x "]), typed),
            st.one_of(st.none(), printed, typed),
        )
    )
)
def test_whatever_is_exported_is_read_back_as_it_was(written):
    entries = [
        dict.fromkeys(ENTRY_COLUMNS)
        | {"direction": direction, "amount": amount, "description": description, "category": category}
        for direction, amount, description, category in written
    ]
    file = io.BytesIO()
    write_csv(file, ENTRY_COLUMNS, [entries[:1], entries[1:]])
    read = [row.cells for row in rows(file.getvalue())]
    assert read == [{column: entry[column] or "" for column in ENTRY_COLUMNS} for entry in entries]


def test_a_brazilian_program_may_write_the_same_with_semicolons():
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";")
    writer.writerows([["direction", "amount", "description"], ["credit", "1.234,56", 'a;"b"\nc']])
    assert rows(file.getvalue()) == [Row(2, {"direction": "credit", "amount": "1.234,56", "description": 'a;"b"\nc'})]


@pytest.mark.parametrize(
    ("currency", "written", "amount"), [("JPY", "1.500", "1500"), ("CLP", "007", "7"), ("KWD", "1.2", "1.200")]
)
def test_amounts_have_all_decimals_of_the_merchants_currency(currency, written, amount):
    entry, wrong = read(CellReader(currency), amount=written, currency=currency)
    assert (entry["amount"], wrong) == (amount, [])


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://127.0.0.1:9/","x")', '\'=HYPERLINK("http://127.0.0.1:9/","x")'),
        ("+1", "'+1"),
        ("-1+cmd", "'-1+cmd"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        ("Pão;=1+1", "Pão;'=1+1"),
        ("Pão = 1 - 2", "Pão = 1 - 2"),
        ("D'água", "D'água"),
        ("'x'", "'x'"),
    ],
)
def test_what_a_spreadsheet_would_run_is_written_as_text(text, cell):
    record = dict.fromkeys(ENTRY_COLUMNS, "-5.00") | {"description": text, "category": text}
    (safe,), (raw,) = [written_as(record, raw=raw) for raw in (False, True)]
    assert (safe["description"], safe["category"], safe["amount"]) == (cell, cell, "-5.00")
    assert (raw["description"], raw["category"]) == (text, text)


def written_as(record, *, raw):
    file = io.BytesIO()
    write_csv(file, ENTRY_COLUMNS, [[record]], raw=raw)
    return csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))


def test_json_lines_are_read_as_they_are():
    line = b'{"direction":"credit","amount":"1.00","description":"\'=1"}'
    (row,) = read_entries(line, "a.jsonl").rows
    assert row.cells["description"] == "'=1"
