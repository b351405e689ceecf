#!/usr/bin/env bash
# What: iso20022.js turns amounts into minor units by multiplying a double by 100: one amount in nine of a camt.053 comes as
#   cents with a fraction.
# Good guess: whole cents: the amount is text with two decimals, and the library builds on dinero.js, which takes whole numbers
#   only.
# Seen: iso20022.js 0.0.15: 64.10 is 6409.999999999999, 1.15 is 114.99999999999999, 1.10 is 110.00000000000001; so are 1146 of
#   the 10,000 amounts up to 100.00.
# So: Math.round each amount; whoever cuts (BigInt refuses, a bigint column refuses, parseInt and `| 0` do not) books 64.09.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund iso20022.js@0.0.15

got=$(node --input-type=module - <<'END'
import { CashManagementEndOfDayReport } from "iso20022.js";
const entry = (amount, more = "") =>
  `<Ntry><Amt Ccy="BRL">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>${more}<Sts>BOOK</Sts>` +
  "<BookgDt><Dt>2026-11-05</Dt></BookgDt><BkTxCd><Prtry><Cd>PIX</Cd></Prtry></BkTxCd></Ntry>";
const read = (...entries) =>
  CashManagementEndOfDayReport.fromXML(
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>' +
      "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-06T02:00:00-03:00</CreDtTm></GrpHdr>" +
      "<Stmt><Id>S1</Id><CreDtTm>2026-11-06T02:00:00-03:00</CreDtTm>" +
      "<Acct><Id><Othr><Id>123456</Id></Othr></Id><Svcr><FinInstnId><BIC>EXAMBRSP</BIC></FinInstnId></Svcr></Acct>" +
      '<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="BRL">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>' +
      `<Dt><Dt>2026-11-05</Dt></Dt></Bal>${entries.join("")}</Stmt></BkToCstmrStmt></Document>`,
  ).statements[0].entries;

const amounts = ["64.10", "1.15", "1.10", "10.50"];
console.log(read(...amounts.map((amount) => entry(amount))).map((each, at) => `${amounts[at]} ${each.amount}`).join(", "));
let broken = 0;
for (let cents = 1; cents <= 10000; cents += 100)
  broken += read(...Array.from({ length: 100 }, (_, at) => entry(((cents + at) / 100).toFixed(2)))).filter(
    (each) => !Number.isInteger(each.amount),
  ).length;
console.log(`of 0.01 to 100.00: ${broken} of 10000`);
END
)

want=$(cat <<'END'
64.10 6409.999999999999, 1.15 114.99999999999999, 1.10 110.00000000000001, 10.50 1050
of 0.01 to 100.00: 1146 of 10000
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
