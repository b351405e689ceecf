#!/usr/bin/env bash
# What: cel-python keeps the microseconds of a time and the fractions of a duration when it compares, and leaves them out of the text.
# Good guess: string(timestamp) is RFC 3339 with what is there, and timestamp(string(time)) is that time.
# Seen: cel-python 0.5.0: "2026-12-01T02:30:00.123456Z" becomes "2026-12-01T02:30:00Z", and 1.5s becomes "1s".
# So: two events of one second get one key where a rule makes it of their times: compare timestamps, or pass the text in beside them.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore cel-python==0.5.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
import celpy

environment = celpy.Environment()
for rule in [
    "string(timestamp('2026-12-01T02:30:00.123456Z'))",
    "timestamp(string(timestamp('2026-12-01T02:30:00.123456Z'))) == timestamp('2026-12-01T02:30:00.123456Z')",
    "timestamp('2026-12-01T02:30:00.123456Z') > timestamp('2026-12-01T02:30:00Z')",
    "string(duration('1.5s'))",
    "duration('1.5s') > duration('1s')",
]:
    print(f"{rule}: {environment.program(environment.compile(rule)).evaluate({})}")
END
)

want=$(cat <<'END'
string(timestamp('2026-12-01T02:30:00.123456Z')): 2026-12-01T02:30:00Z
timestamp(string(timestamp('2026-12-01T02:30:00.123456Z'))) == timestamp('2026-12-01T02:30:00.123456Z'): False
timestamp('2026-12-01T02:30:00.123456Z') > timestamp('2026-12-01T02:30:00Z'): True
string(duration('1.5s')): 1s
duration('1.5s') > duration('1s'): True
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
