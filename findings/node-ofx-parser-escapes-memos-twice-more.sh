#!/usr/bin/env bash
# What: node-ofx-parser gives the memo "A & B", rightly escaped in the file, as "A &amp;amp;amp; B".
# Good guess: "A & B", or at worst the file's own "A &amp; B".
# Seen: node-ofx-parser 0.5.1: escaped three times over; ofx-js 1.1.1: "A & B".
# So: rules that match a payer's name miss every name with an ampersand; unescape by hand, or take another reader.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-ofx-parser@0.5.1 ofx-js@1.1.1

got=$(node - <<'END'
const statement =
  "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n" +
  "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261106<LANGUAGE>POR</SONRS></SIGNONMSGSRSV1>" +
  "<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>BRL" +
  "<BANKACCTFROM><BANKID>001<ACCTID>12345<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261101<DTEND>20261130\n" +
  "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261105<TRNAMT>10.00<FITID>1<MEMO>A &amp; B</STMTTRN>\n" +
  "</BANKTRANLIST><LEDGERBAL><BALAMT>10.00<DTASOF>20261130</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n";
const memo = (parsed) => [parsed.OFX.BANKMSGSRSV1.STMTTRNRS.STMTRS.BANKTRANLIST.STMTTRN].flat()[0].MEMO;
const one = memo(require("node-ofx-parser").parse(statement));
require("ofx-js").parse(statement).then((other) => console.log(`node-ofx-parser ${one}, ofx-js ${memo(other)}`));
END
)

want=$(cat <<'END'
node-ofx-parser A &amp;amp;amp; B, ofx-js A & B
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
