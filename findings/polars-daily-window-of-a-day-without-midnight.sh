#!/usr/bin/env bash
# What: on a day without midnight, polars' daily windows are labelled with the day before; its truncate of the same instants is not.
# Good guess: group_by_dynamic(every="1d") and dt.truncate("1d") give the same label.
# Seen: polars 2.1.0, America/Sao_Paulo, 2018-11-04 (clocks went from 23:59 to 01:00): 2018-11-03 23:00 and 2018-11-04 01:00.
# So: taking the date of a window's label counts the day's sales for the day before; group by dt.date() instead.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore polars==2.1.0 tzdata==2025.2

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from datetime import datetime
import polars as pl
sales = pl.DataFrame({"at": [datetime(2018, 11, 3, 12), datetime(2018, 11, 4, 12)], "cents": [100, 200]}).with_columns(
    pl.col("at").dt.replace_time_zone("America/Sao_Paulo")
)
window = sales.group_by_dynamic("at", every="1d").agg(pl.col("cents").sum())["at"][1]
truncated = sales["at"].dt.truncate("1d")[1]
print(f"window {window:%Y-%m-%d %H:%M}, truncate {truncated:%Y-%m-%d %H:%M}, date {sales['at'].dt.date()[1]}")
END
)

want=$(cat <<'END'
window 2018-11-03 23:00, truncate 2018-11-04 01:00, date 2018-11-04
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
