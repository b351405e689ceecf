"""What a sheet's columns are read as: by their header, as a merchant says, or as a merchant said of the same header."""

import json
import sys
from subprocess import run

import pytest
import xlsxwriter
from fluxo_statements.columns import ColumnsError, read_as
from fluxo_statements.model import StatementLine, Terms

BRL = Terms("BRL", 2)
SHEET = "Quando;O quê;Quanto;Valor;Valor\n05/06/2026;Conta de luz;10,50;1,00;2,00\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text(SHEET)
    return path


def lines(path, **how):
    return [
        (item.booked_on.isoformat(), item.amount_minor, item.description)
        for item in read_as(path, BRL, **how).items
        if isinstance(item, StatementLine)
    ]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("date=Quando,amount=Quanto,description=O quê", ("2026-06-05", 1050, "Conta de luz")),
        ("date = QUANDO , amount = #5", ("2026-06-05", 200, "")),
        ("date=#1,money_out=quanto,description=#2", ("2026-06-05", -1050, "Conta de luz")),
    ],
)
def test_a_merchant_says_what_the_columns_mean(file, given, line):
    assert lines(file, given=given) == [line]


def test_it_is_told_of_each_column_what_it_was_taken_for(file):
    columns = read_as(file, BRL, given="date=Quando,amount=#4").columns
    assert columns.names == ("Quando", "O quê", "Quanto", "Valor", "Valor")
    assert columns.meanings == ("date", None, None, "amount", None)
    assert (columns.origin, columns.text) == ("given", "date=#1,amount=#4")
    file.write_text("Data;Histórico;Valor (R$)\n13/11/2026;Pix;1,00\n")
    columns = read_as(file, BRL).columns
    assert (columns.names[2], columns.meanings) == ("Valor (R$)", ("date", "description", "amount"))
    assert columns.origin == "header"


def test_a_header_that_is_not_understood_is_told_too(file):
    columns = read_as(file, BRL).columns
    assert (columns.names[:3], set(columns.meanings)) == (("Quando", "O quê", "Quanto"), {None})


def test_what_was_said_of_a_header_holds_for_the_next_file_that_has_it(file):
    said = read_as(file, BRL, given="date=Quando,amount=Quanto").columns
    # Neither a title nor rows that are wider than the header hide it.
    file.write_text("Extrato;;;;\n" + SHEET.replace("2,00\n", "2,00;;x\n").upper().replace("QUANTO", "quanto (R$)"))
    again = read_as(file, BRL, known={said.fingerprint: said.text, "0" * 16: "date=#1,amount=#2"})
    assert (again.columns.origin, again.columns.text) == ("remembered", said.text)
    file.write_text("Data;Valor\n13/11/2026;1,00\n")
    assert read_as(file, BRL, known={said.fingerprint: said.text}).columns.origin == "header"


def test_it_is_the_same_in_a_workbook(file, tmp_path):
    said = read_as(file, BRL, given="date=Quando,amount=Quanto").columns
    path = tmp_path / "sheet.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["Saldos", "de"])
        sheet = book.add_worksheet()
        sheet.write_row(2, 0, SHEET.splitlines()[0].split(";"))
        sheet.write_row(3, 0, ["05/06/2026", "", 10.5])
    assert lines(path, known={said.fingerprint: said.text}) == [("2026-06-05", 1050, "")]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("date=Data,amount=Quanto", "There is no column 'Data'"),
        ("date=Quando,amount=#6", "There is no column '#6'"),
        ("date=Quando,amount=Valor", "Two columns are named 'Valor': say #4 or #5"),
        ("date=Quando", r"Missing is one with the amount \(amount, or money_in and money_out\)"),
        ("amount=Quanto", r"Missing is one with the day \(date\)"),
        ("date=Quando,day=Quanto", "'day' is nothing that a column can mean"),
        ("date=Quando,amount=Quanto,balance=quanto", "The column 'quanto' is given twice"),
        ("date=Quando,date=Quanto,amount=#4", "Two columns are given for date"),
        ("Quando", "'Quando' is not of the form date=Data"),
    ],
)
def test_what_does_not_do_is_refused_with_the_columns_that_there_are(file, given, sentence):
    with pytest.raises(ColumnsError, match=sentence) as refused:
        read_as(file, BRL, given=given)
    assert "The columns are: Quando, O quê, Quanto, Valor, Valor." in str(refused.value)


def test_a_file_that_is_no_sheet_has_no_columns(tmp_path):
    path = tmp_path / "extrato.ofx"
    path.write_text("OFXHEADER:100\n<OFX></OFX>")
    assert read_as(path, BRL).columns is None
    with pytest.raises(ColumnsError, match="no sheet"):
        read_as(path, BRL, given="date=Data,amount=Valor")


def test_the_first_row_of_a_sheet_without_a_header_is_a_line(file):
    file.write_text("13/11/2026;Pix;1,00\n14/11/2026;Luz;-2,00\n")
    assert len(lines(file, given="date=#1,description=#2,amount=#3")) == 2
    assert read_as(file, BRL, given="date=#1,amount=#3").columns.fingerprint == ""


def test_sales_that_a_report_says_are_not_settled_stay_out(file):
    file.write_text(
        "data de pagamento;valor liquido;valor bruto;forma de pagamento;bandeira;nsu doc;status de pagamento\n"
        "13/11/2026;9,00;10,00;Pix;;1;Pago\n14/11/2026;8,00;9,00;Pix;;2;Pendente\n"
    )
    columns = read_as(file, BRL).columns
    assert (columns.origin, columns.meanings[-1]) == ("report", "status")
    assert lines(file, given="date=#1,amount=valor bruto") == [("2026-11-13", 1000, "")]


def test_the_program_says_the_columns_first_and_whether_they_do(file):
    def said(*options):
        program = (sys.executable, "-m", "fluxo_statements", "--name-format", str(file), *options)
        done = run(program, capture_output=True, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()

    status, (form, columns, line), _ = said("--columns", "date=Quando,amount=Quanto")
    assert (status, form["Format"]["name"], columns["Columns"]["origin"]) == (0, "CSV", "given")
    assert line["StatementLine"]["amount_minor"] == 1050
    known = {columns["Columns"]["fingerprint"]: columns["Columns"]["text"]}
    assert said("--known", json.dumps(known))[1][1]["Columns"]["origin"] == "remembered"
    assert said("--columns", "date=Quando,amount=Quanto", "--columns-only")[:2] == (0, [form, columns])
    status, (form, columns), sentence = said()
    assert (status, columns["Columns"]["names"][0], "not understood" in sentence) == (2, "Quando", True)
    status, _, sentence = said("--columns", "date=Data,amount=Quanto")
    assert (status, "There is no column 'Data'." in sentence) == (3, True)
