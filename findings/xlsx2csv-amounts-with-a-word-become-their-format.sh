#!/usr/bin/env bash
# What: xlsx2csv writes a cell's number format in place of its amount where the format has a quoted word with a letter of a date: #,##0.00" C";#,##0.00" D", as statements mark credits and debits.
# Good guess: what stands in quotes is text, so the cell is an amount, 1234.56.
# Seen: xlsx2csv 0.8.6: `#,##0.00" c";#,##0.00" 18"`, the amount is gone; a negative one is kept. pylightxl 1.61 makes a date of 1903 of an amount with "Saldo do dia: " before it.
# So: read the cell's value (openpyxl, python-calamine), and never what a converter shows.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore \
    XlsxWriter==3.3.1 xlsx2csv==0.8.6 pylightxl==1.61 openpyxl==3.1.5

got=$(venv/bin/python - <<'END'
import io

import openpyxl
import pylightxl
import xlsxwriter
from xlsx2csv import Xlsx2csv

book = xlsxwriter.Workbook("entries.xlsx")
sheet = book.add_worksheet()
for row, form in enumerate(('#,##0.00', '#,##0.00" C";#,##0.00" D"', '"Saldo do dia: "0.00')):
    for column, amount in enumerate((1234.56, -1234.56)):
        sheet.write_number(row, column, amount, book.add_format({"num_format": form}))
book.close()

csv = io.StringIO()
Xlsx2csv("entries.xlsx").convert(csv)
print("xlsx2csv", *csv.getvalue().splitlines(), sep="\n")
print("pylightxl", *pylightxl.readxl("entries.xlsx").ws("Sheet1").rows, sep="\n")
print("openpyxl", *openpyxl.load_workbook("entries.xlsx").active.iter_rows(values_only=True), sep="\n")
END
)

want=$(cat <<'END'
xlsx2csv
1234.56,-1234.56
"#,##0.00"" c"";#,##0.00"" 18""",-1234.56
"""sal18o 18o 18ia: ""0.00",-1234.56
pylightxl
[1234.56, -1234.56]
[1234.56, -1234.56]
['1903/05/18 13:26:24', '1896/08/13 10:33:36']
openpyxl
(1234.56, -1234.56)
(1234.56, -1234.56)
(1234.56, -1234.56)
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
