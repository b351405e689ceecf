#!/usr/bin/env bash
# What: ofx-data-extractor changes what an entry says when it has brackets: "Pix [QR]" becomes "Pix [QR],", "Parcela {3/10}" becomes
#   "Parcela 3/10},".
# Good guess: the memo as it is in the file; brackets and braces mean nothing in OFX.
# Seen: ofx-data-extractor 1.5.0, which turns the file into the text of a JSON document by replacing, and then parses that.
# So: the same entry out of another reader, or out of the bank's interface, has another text: do not match or deduplicate by it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ofx-data-extractor@1.5.0

got=$(node - <<'END'
const { Ofx } = require("ofx-data-extractor");
const done = ["<STATUS>", "<CODE>0", "<SEVERITY>INFO", "</STATUS>"];
const memos = ["Pix QR", "Pix [QR]", "[QR] Pix", "Parcela {3/10}", "Parcela (3/10)"];
const file = [
  "OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII", "CHARSET:1252", "COMPRESSION:NONE",
  "OLDFILEUID:NONE", "NEWFILEUID:NONE", "", "<OFX>", "<SIGNONMSGSRSV1>", "<SONRS>", ...done, "<DTSERVER>20261130", "<LANGUAGE>POR",
  "</SONRS>", "</SIGNONMSGSRSV1>", "<BANKMSGSRSV1>", "<STMTTRNRS>", "<TRNUID>1", ...done, "<STMTRS>", "<CURDEF>BRL", "<BANKACCTFROM>",
  "<BANKID>1", "<ACCTID>2", "<ACCTTYPE>CHECKING", "</BANKACCTFROM>", "<BANKTRANLIST>", "<DTSTART>20261101", "<DTEND>20261130",
  ...memos.flatMap((memo, number) =>
    ["<STMTTRN>", "<TRNTYPE>DEBIT", "<DTPOSTED>20261130", "<TRNAMT>-1.00", `<FITID>${number}`, `<MEMO>${memo}`, "</STMTTRN>"]),
  "</BANKTRANLIST>", "<LEDGERBAL>", "<BALAMT>10.40", "<DTASOF>20261130", "</LEDGERBAL>", "</STMTRS>", "</STMTTRNRS>",
  "</BANKMSGSRSV1>", "</OFX>", "",
].join("\n");
new Ofx(file).getBankTransferList().forEach((entry, number) => console.log(`${memos[number]} -> ${entry.MEMO}`));
END
)

want=$(cat <<'END'
Pix QR -> Pix QR
Pix [QR] -> Pix [QR],
[QR] Pix -> [QR] Pix
Parcela {3/10} -> Parcela 3/10},
Parcela (3/10) -> Parcela (3/10)
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
