#!/usr/bin/env bash
# What: pyexcel-ods reads a cell in reais as the text "1234.56 BRL", beside numbers as numbers, and no sheet at all in which a cell of money has no currency code.
# Good guess: a cell of type currency is its number; the code (`office:currency`) may be absent, as OpenDocument 1.3 says, and changes nothing.
# Seen: pyexcel-ods 0.6.0 and pyexcel-ods3 0.6.1: '1234.56 BRL'; without the code a TypeError. python-calamine 0.9.1 gives 1234.56 for both.
# So: read .ods with python-calamine.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore \
    odfpy==1.4.1 pyexcel-ods==0.6.0 pyexcel-ods3==0.6.1 python-calamine==0.9.1

got=$(venv/bin/python -W ignore - <<'END'
import pyexcel_ods
import pyexcel_ods3
import python_calamine
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P


def read(name, get):
    try:
        print(f"{name}: {get()}")
    except TypeError as error:
        print(f"{name}: TypeError")


for code in ({"currency": "BRL"}, {}):
    document, table, row = OpenDocumentSpreadsheet(), Table(name="Extrato"), TableRow()
    for kind in ({"valuetype": "float"}, {"valuetype": "currency"} | code):
        cell = TableCell(value="1234.56", **kind)
        cell.addElement(P(text="R$ 1.234,56"))
        row.addElement(cell)
    table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save("entries.ods")
    print(code)
    read("pyexcel-ods", lambda: pyexcel_ods.get_data("entries.ods")["Extrato"])
    read("pyexcel-ods3", lambda: pyexcel_ods3.get_data("entries.ods")["Extrato"])
    read("calamine", lambda: python_calamine.CalamineWorkbook.from_path("entries.ods").get_sheet_by_index(0).to_python())
END
)

want=$(cat <<'END'
{'currency': 'BRL'}
pyexcel-ods: [[1234.56, '1234.56 BRL']]
pyexcel-ods3: [[1234.56, '1234.56 BRL']]
calamine: [[1234.56, 1234.56]]
{}
pyexcel-ods: TypeError
pyexcel-ods3: TypeError
calamine: [[1234.56, 1234.56]]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
