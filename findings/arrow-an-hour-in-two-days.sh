#!/usr/bin/env bash
# What: Arrow's span_range gives, where a midnight does not exist, two days that share an hour, and leaves out the last day.
# Good guess: days that touch and do not overlap: the day without a midnight begins at 01:00, and every instant from the first
#   to the last day is in one span.
# Seen: arrow 1.4.0, America/Sao_Paulo, clocks forward at midnight of 2018-11-04: 3 November ends at 01:59:59.999999 of the 4th,
#   and span("day") says so too; the sale of 01:30 is in both days, 6 November is missing.
# So: daily totals by these spans count an hour's sales twice and lose a day's: compare dates, `instant.to(zone).date()`, not
#   spans (Santiago, Cairo, Beirut and Havana still have such a night).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore arrow==1.4.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
from datetime import datetime
import arrow
ZONE = "America/Sao_Paulo"
sales = [arrow.get(each).to(ZONE) for each in ("2018-11-04T02:30Z", "2018-11-04T03:30Z", "2018-11-05T12:00Z", "2018-11-06T12:00Z")]
spans = list(arrow.Arrow.span_range("day", datetime(2018, 11, 3), datetime(2018, 11, 6), tz=ZONE))
print("by span:", *(f"{day:MM-DD} {sum(day <= sale <= end for sale in sales)}," for day, end in spans), "the first ends", spans[0][1])
print("by date:", ", ".join(f"{sale:MM-DD} {sum(sale.date() == other.date() for other in sales)}" for sale in sales))
END
)

want=$(cat <<'END'
by span: 11-03 2, 11-04 1, 11-05 1, the first ends 2018-11-04T01:59:59.999999-02:00
by date: 11-03 1, 11-04 1, 11-05 1, 11-06 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
