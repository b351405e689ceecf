#!/usr/bin/env bash
# What: the JavaScript SDK cuts an event's time to milliseconds in what it sends, while the event itself still shows
#   microseconds, and turns an offset into Z.
# Good guess: an attribute that was given as text is sent as that text.
# Seen: cloudevents 10.0.0: given and shown 10:00:00.123456-03:00, sent 13:00:00.123Z.
# So: behind a JavaScript relay, events of one millisecond lose their order; order by a sequence, not by time.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0

got=$(node - <<'END'
const { CloudEvent, HTTP } = require("cloudevents");
const event = new CloudEvent({ id: "1", source: "/entries", type: "entry.recorded", time: "2026-11-28T10:00:00.123456-03:00", data: {} });
console.log(`shown ${event.time}, sent ${HTTP.binary(event).headers["ce-time"]}`);
END
)

want=$(cat <<'END'
shown 2026-11-28T10:00:00.123456-03:00, sent 2026-11-28T13:00:00.123Z
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
