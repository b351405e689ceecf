#!/usr/bin/env bash
# What: in a sheet saved by a program that computes nothing, python-calamine gives a formula's cell as empty text and drops the
#   column that holds formulas only.
# Good guess: the width of a sheet does not depend on whether its formulas were computed.
# Seen: python-calamine 0.9.1: three rows of one column, where openpyxl 3.1.5 sees two columns.
# So: a total column can vanish rather than be empty; judge a sheet by its header, not by position.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore python-calamine==0.9.1 openpyxl==3.1.5

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import sys
import openpyxl
from python_calamine import CalamineWorkbook
path = sys.argv[1] + "/sheet.xlsx"
book = openpyxl.Workbook()
sheet = book.active
sheet["A1"], sheet["A2"], sheet["A3"], sheet["B3"] = "a", "=1+1", "c", "=1+1"
book.save(path)
rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
other = [[cell.value for cell in row] for row in openpyxl.load_workbook(path, data_only=True).active]
print(f"calamine {rows}, openpyxl {other}")
END
)

want=$(cat <<'END'
calamine [['a'], [''], ['c']], openpyxl [['a', None], [None, None], ['c', None]]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
