#!/usr/bin/env bash
# What: payslip-br writes the typed line of a bill (water, tax) with check digits of modulo 11 also where the bill says modulo 10
#   (third digit 6 or 7), though it checks the same bill's barcode by modulo 10; and of a bank slip it writes none, for a TypeError.
# Good guess: a bill's four check digits follow the modulo that the bill names, as the one for the whole does.
# Seen: payslip-br 0.0.2: 9, 1 and 7 where modulo 10 gives 6, 5 and 6; boleto-brasileiro-validator, which checks them, refuses the
#   line. payslip-br's own is_valid takes both lines, since it leaves the four out.
# So: a bank's or another program's input refuses the line: make the check digits yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund boleto-brasileiro-validator@1.0.5
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore payslip-br==0.0.2

got=$(
venv/bin/python - <<'END' | tee lines
from payslip_br import payslip

def check(digits):
    return str(-sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(digits))) % 10)

bill = "816" + "00000001050" + "0001" + "1234567890123456789012345"
bill = bill[:3] + check(bill) + bill[3:]
ours = "".join(part + check(part) for part in (bill[start:start + 11] for start in range(0, 44, 11)))
print("barcode", bill, payslip.is_valid(bill))
print("payslip-br", payslip.to_typeable_line(bill), payslip.is_valid(payslip.to_typeable_line(bill)))
print("modulo 10", ours, payslip.is_valid(ours))
try:
    print(payslip.to_typeable_line("0019" + "1" * 40))
except TypeError as error:
    print("bank slip: TypeError", error)
END
node - <<'END'
const { boletoArrecadacao } = require("boleto-brasileiro-validator");
const lines = require("fs").readFileSync("lines", "utf8").match(/\b\d{48}\b/g);
for (const line of lines) console.log(line, boletoArrecadacao(line, true));
END
)

want=$(cat <<'END'
barcode 81640000000105000011234567890123456789012345 True
payslip-br 816400000005105000011239456789012341567890123457 True
modulo 10 816400000005105000011236456789012345567890123456 True
bank slip: TypeError can only concatenate str (not "int") to str
816400000005105000011239456789012341567890123457 false
816400000005105000011236456789012345567890123456 true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
