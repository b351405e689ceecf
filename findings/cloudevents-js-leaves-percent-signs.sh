#!/usr/bin/env bash
# What: the JavaScript SDK neither encodes nor decodes attributes in HTTP headers, which the HTTP binding asks for (percent
#   encoding); the Python SDK does both.
# Good guess: an event sent by one SDK in binary mode is read by the other with the same subject.
# Seen: cloudevents 2.2.0 (Python) to 10.0.0 (npm): "Loja São João 10%" arrives as "Loja%20S%C3%A3o%20Jo%C3%A3o%2010%25"; the
#   other way its header carries the bare letters.
# So: use structured mode between the two, or plain ASCII without spaces and percent signs in attributes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore cloudevents==2.2.0
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0

"$work/venv/bin/python" - >headers.json <<'END'
import json
from cloudevents.core.bindings.http import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
attributes = {"id": "1", "source": "/entries", "type": "t", "specversion": "1.0", "subject": "Loja São João 10%"}
print(json.dumps(to_binary(CloudEvent(attributes, {"a": 1}), JSONFormat()).headers))
END
got=$(node - <<'END'
const { CloudEvent, HTTP } = require("cloudevents");
const headers = { "content-type": "application/json", ...JSON.parse(require("fs").readFileSync("headers.json", "utf8")) };
const sent = HTTP.binary(new CloudEvent({ id: "1", source: "/entries", type: "t", subject: "Loja São João 10%", data: {} }));
console.log(`from Python: ${HTTP.toEvent({ headers, body: '{"a":1}' }).subject}\nto Python: ${sent.headers["ce-subject"]}`);
END
)

want=$(cat <<'END'
from Python: Loja%20S%C3%A3o%20Jo%C3%A3o%2010%25
to Python: Loja São João 10%
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
