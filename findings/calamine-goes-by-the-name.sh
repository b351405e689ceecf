#!/usr/bin/env bash
# What: python-calamine's from_path picks the format by the file's name: a sound .xlsx workbook called .xls is refused.
# Good guess: the first bytes decide, as they do where the name says nothing; banks call XLSX files .xls often enough.
# Seen: python-calamine 0.9.1: "Invalid OLE" for the name with .xls, and the sheet for the same bytes through from_filelike.
# So: open the file and use from_filelike.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore python-calamine==0.9.1 xlsxwriter==3.3.1

got=$("$work/venv/bin/python" - "$work" <<'END'
import sys
import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook
path = sys.argv[1] + "/extrato.xls"
book = xlsxwriter.Workbook(path)
book.add_worksheet("Extrato").write(0, 0, "Data")
book.close()
try:
    by_name = str(CalamineWorkbook.from_path(path).sheet_names)
except CalamineError as error:
    by_name = str(error).split(" (")[0]
with open(path, "rb") as file:
    by_content = CalamineWorkbook.from_filelike(file).sheet_names
print(f"by its name: {by_name}; by its bytes: {by_content}")
END
)

want="by its name: Cfb error: Invalid OLE; by its bytes: ['Extrato']"
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
