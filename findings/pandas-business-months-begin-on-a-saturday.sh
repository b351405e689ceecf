#!/usr/bin/env bash
# What: pandas' sums by business month (resample or Grouper "BME") put what fell on a last weekend into the next month: a sale of
#   Saturday, 31 October, is in November's sum.
# Good guess: the sums of the calendar months, named by their last business day; "BMS" gives those, named by the first.
# Seen: pandas 3.1.1: "BME" gives October 100 and November 11, "ME" and "BMS" October 110 and November 1.
# So: month sums that are right in most months and wrong in those that end at a weekend: resample by "ME" and rename the days.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore pandas==3.1.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import pandas

sales = pandas.Series([100, 10, 1], index=pandas.to_datetime(["2026-10-30", "2026-10-31", "2026-11-03"]))
for name in ("BME", "BMS", "ME"):
    for how, sums in (("resample", sales.resample(name).sum()), ("Grouper", sales.groupby(pandas.Grouper(freq=name)).sum())):
        print(name, how, *(f"{day:%Y-%m-%d} {total}" for day, total in sums.items()), sep=" | ")
END
)

want=$(cat <<'END'
BME | resample | 2026-10-30 100 | 2026-11-30 11
BME | Grouper | 2026-10-30 100 | 2026-11-30 11
BMS | resample | 2026-10-01 110 | 2026-11-02 1
BMS | Grouper | 2026-10-01 110 | 2026-11-02 1
ME | resample | 2026-10-31 110 | 2026-11-30 1
ME | Grouper | 2026-10-31 110 | 2026-11-30 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
