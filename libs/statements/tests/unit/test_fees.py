"""A report of card sales read in both ways: each line knows what its row is in the other."""

import json
import sys
from pathlib import Path
from subprocess import run

import pytest

SALES = """data de pagamento;valor liquido;valor bruto;forma de pagamento;bandeira;nsu doc;status de pagamento
13/11/2026;9,00;10,00;Pix;;1;Pago
14/11/2026;5,00;5,00;Pix;;2;Pago
"""
SAMPLES = Path(__file__).parents[1] / "samples"


def said(file, *options):
    program = (sys.executable, "-m", "fluxo_statements", "--name-format", str(file), *options)
    items = [json.loads(line) for line in run(program, capture_output=True, check=True).stdout.splitlines()]
    return [item["StatementLine"] for item in items if "StatementLine" in item], items


def brief(line):
    other = line.get("other")
    return line["description"], line["amount_minor"], other and (other[1], other[0])


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ([], [("Pix 1", 900, ("Pix 1", 1000)), ("Pix 2", 500, None)]),
        (
            ["--fees-apart"],
            [("Pix 1", 1000, ("Pix 1", 900)), ("Taxa Pix 1", -100, ("Pix 1", 900)), ("Pix 2", 500, None)],
        ),
    ],
)
def test_each_line_tells_what_its_row_is_in_the_other_way(tmp_path, options, lines):
    file = tmp_path / "vendas.csv"
    file.write_text(SALES)
    assert [brief(line) for line in said(file, *options)[0]] == lines


def test_what_is_said_of_balances_is_the_same_in_both(tmp_path):
    file = tmp_path / "vendas.csv"
    # Newest first: each balance is that before it less its own line.
    file.write_text("Data;Valor;Bruto;Saldo\n14/11/2026;8,00;9,00;27,00\n13/11/2026;9,00;10,00;19,00\n")
    for options in ([], ["--fees-apart"]):
        assert not [item for item in said(file, *options)[1] if "Difference" in item]


def test_a_shipped_report_reads_as_its_sample_says():
    sample = next(SAMPLES.rglob("mercado-pago-release-report.csv"))
    expected = json.loads(Path(f"{sample}.expected.json").read_text())
    wanted = [item["StatementLine"] for item in expected if "StatementLine" in item]
    assert [{name: line[name] for name in wanted[0]} for line in said(sample)[0]] == wanted
