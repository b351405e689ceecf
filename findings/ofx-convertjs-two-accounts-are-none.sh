#!/usr/bin/env bash
# What: ofx-convertjs reads a bank's file with two accounts as a file with none, without an error.
# Good guess: a list of two, or the last one.
# Seen: ofx-convertjs 1.0.7: one account is read whole; of two, BANKMSGSRSV1 is an empty object.
# So: count the STMTTRN of the file and compare with what was parsed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ofx-convertjs@1.0.7

got=$(node - <<'END'
const { toJson } = require("ofx-convertjs");
const account = (number, amount) =>
  `<STMTTRNRS><TRNUID>${number}<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>BRL<BANKACCTFROM><BANKID>001<ACCTID>${number}` +
  "<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261101<DTEND>20261130\n<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261105" +
  `<TRNAMT>${amount}<FITID>1<MEMO>venda</STMTTRN>\n</BANKTRANLIST><LEDGERBAL><BALAMT>${amount}<DTASOF>20261130</LEDGERBAL></STMTRS></STMTTRNRS>\n`;
const read = (...accounts) =>
  Object.keys(
    toJson(
      "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n" +
        "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261106<LANGUAGE>POR</SONRS></SIGNONMSGSRSV1>\n" +
        `<BANKMSGSRSV1>${accounts.join("")}</BANKMSGSRSV1></OFX>\n`,
    ).OFX.BANKMSGSRSV1,
  ).join(" ") || "nothing";
console.log(`one account: ${read(account("111", "10.00"))}; two accounts: ${read(account("111", "10.00"), account("222", "20.00"))}`);
END
)

want=$(cat <<'END'
one account: CURDEF BANKACCTFROM BANKTRANLIST LEDGERBAL; two accounts: nothing
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
