#!/usr/bin/env bash
# What: ofxstatement's MT940 plugin writes the closing balance of 30 November into OFX as the balance of 1 December.
# Good guess: DTASOF is the day of the line `:62F:`; only DTEND may be a day later, as the end that is no longer in it.
# Seen: ofxstatement-mt940 1.3.1 with ofxstatement 0.9.3: DTEND and DTASOF are both 1 December.
# So: a statement of each day, converted and imported, gives every day the balance of the day before: check an imported balance
#   against the entries up to its day.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore ofxstatement==0.9.3 ofxstatement-mt940==1.3.1 \
    mt-940==5.1.1
cd "$work"
cat > settings <<'END'
[bank]
plugin = mt940
END
cat > statement.sta <<'END'
:20:EXTRATO
:25:12345678
:28C:1/1
:60F:C261129BRL1000,00
:61:2611301130C100,00NTRFNONREF
:86:Venda
:62F:C261130BRL1100,00
-
END

got=$("$work/venv/bin/ofxstatement" convert -c settings -t bank statement.sta statement.ofx >log 2>&1 || cat log
    python3 - <<'END'
import re

text = open("statement.ofx").read()
print(", ".join(f"{name} {re.search(f'<{name}>([^<]*)', text)[1][:8]}" for name in ("DTPOSTED", "DTEND", "BALAMT", "DTASOF")))
END
)

want=$(cat <<'END'
DTPOSTED 20261130, DTEND 20261201, BALAMT 1100.00, DTASOF 20261201
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
