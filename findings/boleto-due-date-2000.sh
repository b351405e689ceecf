#!/usr/bin/env bash
# What: the day count in a bank slip began again at 1000 on 2025-02-22; of three readers on npm one gives the new date, one
#   the year 2000, one both, with the old date under the plain name.
# Good guess: a reader gives 2025-02-22 for 1000 today.
# Seen: broleto 0.0.12: 2000-07-03; @mrmgomes/boleto-utils 1.3.3: vencimento 2000-07-03, vencimentoComNovoFator2025
#   2025-02-22; @brazilian-utils 2.4.0: 2025-02-22.
# So: slips look 25 years overdue; test a reader with a slip of this year.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @mrmgomes/boleto-utils@1.3.3 broleto@0.0.12 @brazilian-utils/brazilian-utils@2.4.0

got=$(node - <<'END'
const { validarBoleto } = require("@mrmgomes/boleto-utils");
const { Boleto } = require("broleto");
const { getBoletoInfo } = require("@brazilian-utils/brazilian-utils");
const line = "00190000090000000000000000000182510000000001000";
const day = (date) => new Date(date).toISOString().slice(0, 10);
const both = validarBoleto(line);
console.log(
  `broleto ${day(new Boleto(line).expirationDate())}, boleto-utils ${day(both.vencimento)} and ${day(both.vencimentoComNovoFator2025)}, ` +
    `brazilian-utils ${day(getBoletoInfo(line).expirationDate)}`,
);
END
)

want=$(cat <<'END'
broleto 2000-07-03, boleto-utils 2000-07-03 and 2025-02-22, brazilian-utils 2025-02-22
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
