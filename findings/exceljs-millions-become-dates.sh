#!/usr/bin/env bash
# What: exceljs reads an amount as a date where its number format has an escaped letter of a date: 1234.56 in #,##0.00,,\M (millions) is a day in 1903.
# Good guess: an escaped letter is text, as a quoted one is; the cell's value is the number.
# Seen: exceljs 4.4.0: 1903-05-18T13:26:24.000Z for #,##0.00\ \M and \m, 1234.56 for the same letter in quotes; openpyxl 3.1.5 gives 1234.56 each time.
# So: ask for the cell's number (a date's number of days is to be computed back) or read with another library where formats are not ours.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore openpyxl==3.1.5 XlsxWriter==3.3.1
npm init -y >/dev/null
npm install --silent --no-fund --no-audit exceljs@4.4.0 >/dev/null 2>&1

venv/bin/python - <<'END'
import xlsxwriter

book = xlsxwriter.Workbook("entries.xlsx")
sheet = book.add_worksheet("Extrato")
for row, mask in enumerate(['#,##0.00', '#,##0.00" M"', r'#,##0.00\ \M', r'#,##0.00,,\M', r'#,##0.00\ \m', r'#,##0.00\ \D']):
    sheet.write_string(row, 0, mask)
    sheet.write_number(row, 1, 1234.56, book.add_format({"num_format": mask}))
book.close()
END
cat > finding.mjs <<'END'
import ExcelJS from "exceljs";

const book = new ExcelJS.Workbook();
await book.xlsx.readFile("entries.xlsx");
book.getWorksheet("Extrato").eachRow((row) => {
  const value = row.getCell(2).value;
  console.log("exceljs", row.getCell(1).value, value instanceof Date ? value.toISOString() : value);
});
END
got=$(
    node finding.mjs
    venv/bin/python -c 'import openpyxl; [print("openpyxl", *row) for row in openpyxl.load_workbook("entries.xlsx").active.iter_rows(values_only=True)]'
)

want=$(cat <<'END'
exceljs #,##0.00 1234.56
exceljs #,##0.00" M" 1234.56
exceljs #,##0.00\ \M 1903-05-18T13:26:24.000Z
exceljs #,##0.00,,\M 1903-05-18T13:26:24.000Z
exceljs #,##0.00\ \m 1903-05-18T13:26:24.000Z
exceljs #,##0.00\ \D 1234.56
openpyxl #,##0.00 1234.56
openpyxl #,##0.00" M" 1234.56
openpyxl #,##0.00\ \M 1234.56
openpyxl #,##0.00,,\M 1234.56
openpyxl #,##0.00\ \m 1234.56
openpyxl #,##0.00\ \D 1234.56
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
