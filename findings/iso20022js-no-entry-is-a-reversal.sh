#!/usr/bin/env bash
# What: iso20022.js has a field `reversal` for a camt.053's entries, and it is false also where the file says
#   `<RvslInd>true</RvslInd>`.
# Good guess: true; there is no other use for that field.
# Seen: iso20022.js 0.0.15: false for true, for 1 (the other way to write it) and for no RvslInd at all.
# So: a chargeback given back looks like one more sale: read RvslInd from the XML yourself.
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

const marks = ["<RvslInd>true</RvslInd>", "<RvslInd>1</RvslInd>", ""];
console.log(read(...marks.map((mark) => entry("40.00", mark))).map((each, at) => `${marks[at] || "none"} ${each.reversal}`).join(", "));
END
)

want=$(cat <<'END'
<RvslInd>true</RvslInd> false, <RvslInd>1</RvslInd> false, none false
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
