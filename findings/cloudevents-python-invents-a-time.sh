#!/usr/bin/env bash
# What: the Python SDK gives an event that came without `time` the time at which it was read.
# Good guess: `time` is optional in CloudEvents; an event without it has None.
# Seen: cloudevents 2.2.0: two reads of the same bytes are two different times, and the event written again carries one.
# So: a rebuilt or redelivered event moves in time; where `time` orders or dates anything, refuse events that lack it before
#   the SDK sees them.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore cloudevents==2.2.0

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import time
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
sent = b'{"specversion":"1.0","id":"1","source":"/entries","type":"entry.recorded"}'
first = JSONFormat().read(CloudEvent, sent)
time.sleep(0.01)
second = JSONFormat().read(CloudEvent, sent)
print(
    f"time without being sent: {first.get_time() is not None}; the same in a second read: {first.get_time() == second.get_time()}; "
    f"written again with a time: {b'time' in JSONFormat().write(first)}"
)
END
)

want=$(cat <<'END'
time without being sent: True; the same in a second read: False; written again with a time: True
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
