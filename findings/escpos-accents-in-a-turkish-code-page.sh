#!/usr/bin/env bash
# What: python-escpos prints "ã" by switching the receipt printer to code page 857 (Turkish), though 850, 858 and 860
#   (Portuguese) have it.
# Good guess: it picks a western European or the Portuguese page.
# Seen: python-escpos 3.1, default profile: ESC t 13, then byte C6; é, ç and á alone stay in code page 437.
# So: a printer whose page 13 is another one prints another letter; name the page: text after charcode("CP860").
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore python-escpos==3.1

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
from escpos.printer import Dummy
seen = []
for word in ("João", "café"):
    printer = Dummy()
    printer.text(word)
    seen.append(f"{word} -> {printer.output.removeprefix(bytes([0x1B, 0x74, 0])).hex(' ')}")
print("; ".join(seen))
END
)

want=$(cat <<'END'
João -> 4a 6f 1b 74 0d c6 6f; café -> 63 61 66 82
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
