#!/usr/bin/env bash
# What: csv2ofx's option --dayfirst is for the dates on its command line only (--start, --end, --server-date): in the file, 05/11/2026
#   is 11 May with it and without, and 13/11/2026 is 13 November.
# Good guess: as the help says, "interpret the first value in ambiguous dates (e.g. 01/05/09) as the day", in the file that is
#   converted.
# Seen: csv2ofx 0.34.2, OFX and QIF. The class behind it knows dayfirst; the command does not pass it on.
# So: convert with a mapping of one's own (--custom) that turns dates round, or call csv2ofx.ofx.OFX(mapping, dayfirst=True).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore csv2ofx==0.34.2
cat > bank.csv <<'END'
Date,Amount,Description,Notes,Account,Reference,Num,Row
05/11/2026,10.50,Venda,,Banco,,,1
13/11/2026,10.50,Venda,,Banco,,,2
END
dates() {
    venv/bin/csv2ofx "$@" --server-date 2026-11-30 --end 2026-12-31 --overwrite bank.csv "$work/out" >/dev/null
    sed -n 's/.*<DTPOSTED>\([0-9]\{8\}\).*/\1/p; s/^D\([0-9]\)/\1/p' out | paste -sd' '
}

got="--dayfirst: $(dates --dayfirst)
without: $(dates)
--dayfirst --qif: $(dates --dayfirst --qif)
OFX(dayfirst=True): $(venv/bin/python -c '
from csv2ofx.mappings.default import mapping
from csv2ofx.ofx import OFX
print(OFX(mapping, dayfirst=True).parse_date({"Date": "05/11/2026"}).strftime("%Y%m%d"))')"

want=$(cat <<'END'
--dayfirst: 20260511 20261113
without: 20260511 20261113
--dayfirst --qif: 05/11/2026 11/13/2026
OFX(dayfirst=True): 20261105
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
