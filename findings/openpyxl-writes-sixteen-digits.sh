#!/usr/bin/env bash
# What: openpyxl writes a Decimal with 16 significant digits, by way of a float; XlsxWriter writes its digits.
# Good guess: both write the Decimal's own digits into the file.
# Seen: 99999999999999.99 becomes 99999999999999.98 in openpyxl 3.1.5's XML; XlsxWriter 3.3.1 writes it as given.
# So: what reads the XML's text as a decimal gets another cent from openpyxl; write sheets of money with XlsxWriter.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore openpyxl==3.1.5 XlsxWriter==3.3.1

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import re, sys, zipfile
from decimal import Decimal
import openpyxl, xlsxwriter
amount = Decimal("99999999999999.99")
one, two = sys.argv[1] + "/one.xlsx", sys.argv[1] + "/two.xlsx"
book = openpyxl.Workbook()
book.active["A1"] = amount
book.save(one)
with xlsxwriter.Workbook(two) as other:
    other.add_worksheet().write_number("A1", amount)
written = [re.search("<v>(.*?)</v>", zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode())[1] for path in (one, two)]
print(f"openpyxl {written[0]}, XlsxWriter {written[1]}")
END
)

want=$(cat <<'END'
openpyxl 99999999999999.98, XlsxWriter 99999999999999.99
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
