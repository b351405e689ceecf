"""A file's rows, and the rules they are held against, which are the entries service's own."""

import csv
import io
from datetime import date

import pytest
from fluxo_cli.files.entries_file import ENTRY_COLUMNS, Complaint, Row, read_entries
from fluxo_cli.files.entry_rules import EntryRules
from fluxo_cli.files.exporting import write_csv
from fluxo_entries.domain.errors import RejectedFieldsError
from fluxo_entries.domain.money import format_amount
from fluxo_entries.entrypoints.http.bodies import parse_item
from fluxo_local.errors import CommandError
from hypothesis import given
from hypothesis import strategies as st

RULES = EntryRules(currency="BRL", today=date(2026, 11, 24), time_zone="America/Sao_Paulo")
BRAZILIAN = EntryRules(currency="BRL", today=date(2026, 11, 24), time_zone="America/Sao_Paulo", day_first=True)
GOOD = {"direction": "credit", "amount": "150.00", "business_date": "2026-11-22", "description": "Venda balcão"}


def rows(text, name="entries.csv"):
    return list(read_entries(text.encode() if isinstance(text, str) else text, name).rows)


def judged(rules=RULES, **cells):
    return rules.judge(Row(2, GOOD | cells))


def complaints(rules=RULES, **cells):
    return {complaint.column: complaint.sentence for complaint in judged(rules, **cells)[1]}


def test_commas_or_semicolons_divide_a_row_as_its_header_says():
    expected = [Row(2, {"direction": "debit", "amount": "1,50", "description": "Pão; leite, café"})]
    assert rows('direction,amount,description\ndebit,"1,50","Pão; leite, café"\n') == expected
    assert rows('direction;amount;description\r\ndebit;1,50;"Pão; leite, café"\r\n') == expected


def test_what_a_spreadsheet_adds_is_passed_over():
    text = "\ufeffdescription; amount ;direction\r\nVenda;1,00;credit\r\n;;\r\n\r\n"
    assert rows(text) == [Row(2, {"description": "Venda", "amount": "1,00", "direction": "credit"})]


def test_a_row_is_named_by_the_line_it_begins_in():
    text = 'direction,amount,description\ncredit,1.00,"two\nlines"\ncredit,2.00,x\n'
    assert [row.line for row in rows(text)] == [2, 4]


def test_a_row_of_another_width_is_complained_about_and_the_others_are_read():
    first, second = rows("direction,amount,description\ncredit,1,50,Venda\ncredit,1.50,Venda\n")
    assert first == Complaint(2, None, "It has 4 cells, and the first line names 3 columns.")
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


def test_a_brazilian_spreadsheets_amounts_and_dates_are_understood():
    entry, wrong = judged(BRAZILIAN, amount="1.234,56", business_date="2/11/2026")
    assert (entry["amount"], entry["business_date"], wrong) == ("1234.56", "2026-11-02", [])
    assert judged(BRAZILIAN, business_date="2026-11-02")[0]["business_date"] == "2026-11-02"


def test_a_day_that_two_people_read_differently_is_not_guessed():
    assert "2026-11-22" in complaints(business_date="02/11/2026")["business_date"]
    assert "two ways" in complaints(amount="1.234")["amount"]


def test_the_same_entry_comes_out_equal_however_it_was_written():
    one = judged(BRAZILIAN, amount=" 1234,5 ", business_date="22/11/2026", currency="BRL", category=" ")
    other = judged(amount="1234.50", description="Venda balca\u0303o ")
    assert one == other


def test_all_that_is_wrong_with_a_row_is_said_at_once():
    wrong = complaints(
        direction="Entrada",
        amount="-1.00",
        currency="USD",
        business_date="2026-11-25",
        description=" ",
        category="x" * 61,
        idempotency_key=" outer",
    )
    assert set(wrong) == {
        "direction",
        "amount",
        "currency",
        "business_date",
        "description",
        "category",
        "idempotency_key",
    }
    assert "after today, 2026-11-24 in America/Sao_Paulo" in wrong["business_date"]


def test_a_row_without_a_date_needs_one_for_all_such():
    assert "--date" in complaints(business_date="")["business_date"]
    dated = EntryRules("BRL", date(2026, 11, 24), "America/Sao_Paulo", undated_on=date(2026, 11, 1))
    assert judged(dated, business_date="")[0]["business_date"] == "2026-11-01"
    assert judged(dated)[0]["business_date"] == "2026-11-22"


def test_a_reversal_becomes_a_plain_entry_only_when_that_is_asked_for():
    tied = {"reverses": "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70", "id": "x", "recorded_at": "2026"}
    assert "--unlink-reversals" in complaints(**tied)["reverses"]
    assert "--unlink-reversals" in complaints(reversed_by=tied["reverses"])["reversed_by"]
    unlinked = EntryRules("BRL", date(2026, 11, 24), "America/Sao_Paulo", unlinked=True)
    assert judged(unlinked, **tied) == judged()


anything = st.text(st.characters(codec="utf-8"), max_size=210)
cells = st.one_of(
    st.tuples(st.just("amount"), st.one_of(st.from_regex(r"[0-9]{0,14}(?:\.[0-9]{0,3})?", fullmatch=True), anything)),
    st.tuples(st.just("description"), anything),
    st.tuples(st.just("category"), anything),
    st.tuples(st.just("idempotency_key"), st.text(st.characters(codec="ascii"), max_size=260)),
    st.tuples(st.just("business_date"), st.one_of(st.dates(date(1899, 1, 1), date(2026, 11, 24)).map(str), anything)),
)


def good_item(item):
    try:
        return parse_item(item)
    except RejectedFieldsError:
        return None


def held_against_the_service(column, text):
    """Whether the row is right; what becomes of it must be what the service takes, and makes of it as it was given."""
    given_cells = GOOD | {column: text}
    entry, wrong = RULES.judge(Row(2, given_cells))
    as_written = good_item(
        {"idempotency_key": "k"}
        | {name: cell for name, cell in given_cells.items() if cell or name != "idempotency_key"}
    )
    if wrong:
        assert as_written is None
        return False
    accepted = good_item({"idempotency_key": "k"} | entry)
    assert accepted is not None
    # A file may write in more ways than the API: 1,50, or with blanks around a date.
    assert as_written is None or accepted == as_written
    return True


@given(cells)
def test_a_row_is_right_exactly_when_the_service_takes_what_becomes_of_it(cell):
    held_against_the_service(*cell)


@pytest.mark.parametrize(
    ("column", "right", "wrong"),
    [
        ("amount", ["0.01", "999999999999.99", "007", "1,5"], ["0", "0.00", "1000000000000", "1e3", "0.001", ""]),
        ("description", ["x" * 200, "\u0958" * 100], ["x" * 201, "\u0958" * 101, " ", "", "a\nb", "a\u2028b", "a\x85"]),
        ("category", ["x" * 60, "", " "], ["x" * 61, "a\tb", "a\u2029b"]),
        ("idempotency_key", ["k", "a b", "~" * 255], ["~" * 256, " k", "k ", "ключ", "a\nb"]),
        ("business_date", ["1900-01-01", "2024-02-29"], ["1899-12-31", "2026-02-29", "2026-W47-7", "\uff12026-01-01"]),
    ],
)
def test_what_is_just_right_and_what_just_is_not(column, right, wrong):
    assert [text for text in right if not held_against_the_service(column, text)] == []
    assert [text for text in wrong if held_against_the_service(column, text)] == []


printed = st.text(st.characters(codec="utf-8"), max_size=60)


@given(
    written=st.lists(
        st.tuples(
            st.sampled_from(["credit", "debit"]),
            st.integers(1, 99_999_999_999_999).map(format_amount),
            st.one_of(printed, st.sampled_from(['"', "a\nb", "a\r\nb", "\r", ";", ",", '";\n"', "=1+1", " x "])),
            st.one_of(st.none(), printed),
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
