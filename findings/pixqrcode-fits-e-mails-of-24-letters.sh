#!/usr/bin/env bash
# What: pixqrcode writes the same length into a Pix code for every e-mail key, that of an e-mail of 24 letters: with any
#   other the key takes in what follows it, or leaves letters over.
# Good guess: field 26 says how long it is, whatever key it holds.
# Seen: pixqrcode 1.1.0: it says 46 for an e-mail of 21 letters too, where 43 follow, so that the key takes in the beginning of the
#   next field and a reader of the code loses its place; of 24 letters it is read right. The check sum is right both times.
# So: read a code back field by field before it is shown to anybody; the check sum proves nothing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore pixqrcode==1.1.0

got=$("$work/venv/bin/python" -W ignore - <<'END'
from pixqrcode import PixQrCode


def fields(code):
    while code:
        name, size = code[:2], code[2:4]
        if not size.isdigit():
            yield f"not a length: {size}"
            return
        yield f"{name}={code[4:4 + int(size)]}"
        code = code[4 + int(size):]


for key in ("vendas@example.com.br", "padaria.loja@example.com"):
    code = PixQrCode("Loja", key, "Recife", "10.50", "V1").generate_code()
    print(len(key), *[each for each in fields(code) if each[:2] in ("26", "54", "59", "no")], sep=" | ")
END
)

want=$(cat <<'END'
21 | 26=0014BR.GOV.BCB.PIX0121vendas@example.com.br520 | not a length: ec
24 | 26=0014BR.GOV.BCB.PIX0124padaria.loja@example.com | 54=10.50 | 59=Loja
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
