#!/usr/bin/env bash
# What: pendulum divides the years and the months of a duration each for itself and rounds them, half to even: half a year and a
#   twelfth of a year are nothing, half of three years is two.
# Good guess: 6 months, one month, 18 months; or an error. Half a day is 12 hours.
# Seen: pendulum 3.3.0: 2026-01-01 plus duration(years=1) / 2 is 2026-01-01, plus years=3 halved 2028-01-01, months=3 halved
#   2026-03-01. Written as months=12 the half of a year is right.
# So: instalments of a contract's time fall on its first day: count in months, and divide these as whole numbers.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore pendulum==3.3.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
import pendulum

start = pendulum.date(2026, 1, 1)
for parts, divisor in [({"years": 1}, 2), ({"months": 12}, 2), ({"years": 1}, 12), ({"years": 3}, 2), ({"months": 3}, 2),
                       ({"days": 1}, 2)]:
    part = pendulum.duration(**parts) / divisor
    print(parts, "/", divisor, "is", repr(part), "until", start + part)
END
)

want=$(cat <<'END'
{'years': 1} / 2 is Duration() until 2026-01-01
{'months': 12} / 2 is Duration(months=6) until 2026-07-01
{'years': 1} / 12 is Duration() until 2026-01-01
{'years': 3} / 2 is Duration(years=2) until 2028-01-01
{'months': 3} / 2 is Duration(months=2) until 2026-03-01
{'days': 1} / 2 is Duration(hours=12) until 2026-01-01
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
