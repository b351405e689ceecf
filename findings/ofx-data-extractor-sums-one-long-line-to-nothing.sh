#!/usr/bin/env bash
# What: ofx-data-extractor's summary of a statement that has no line breaks and no closing tags, as OFX 1 allows, is zero credits and
#   zero debits from no day to no day, without an error.
# Good guess: line breaks mean nothing in SGML; the sums are those of the same file with line breaks, or there is an error.
# Seen: ofx-data-extractor 1.5.0: 10.50 and 0.10 with a break before each tag, 0 and 0 without; its other methods fail in JSON.parse.
#   ofxtools 1.1.1 reads both entries.
# So: call validate() first, which throws, or break the lines before each "<" yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ofx-data-extractor@1.5.0
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore ofxtools==1.1.1

cat > make.py <<'END'
header = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n"
header += "OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"
done = "<STATUS><CODE>0<SEVERITY>INFO</STATUS>"
body = f"<OFX><SIGNONMSGSRSV1><SONRS>{done}<DTSERVER>20261130<LANGUAGE>POR</SONRS></SIGNONMSGSRSV1>"
body += f"<BANKMSGSRSV1><STMTTRNRS><TRNUID>1{done}<STMTRS><CURDEF>BRL<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM>"
body += "<BANKTRANLIST><DTSTART>20261101<DTEND>20261130"
for number, (kind, amount) in enumerate((("CREDIT", "10.50"), ("DEBIT", "-0.10"))):
    body += f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>20261130<TRNAMT>{amount}<FITID>{number}<MEMO>Entry</STMTTRN>"
body += "</BANKTRANLIST><LEDGERBAL><BALAMT>10.40<DTASOF>20261130</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
for name, text in (("lines.ofx", body.replace("<", "\n<").lstrip()), ("line.ofx", body)):
    with open(name, "w") as file:
        file.write(header + text + "\n")
END
venv/bin/python make.py
got=$(
node - <<'END'
const { readFileSync } = require("fs");
const { Ofx } = require("ofx-data-extractor");
for (const name of ["lines.ofx", "line.ofx"]) {
  const ofx = new Ofx(readFileSync(name, "utf8"));
  const { dateStart, dateEnd, credit, debit } = ofx.getTransactionsSummary();
  let entries;
  try { entries = ofx.getBankTransferList().length; } catch (error) { entries = error.name; }
  console.log(`${name}: credits ${credit}, debits ${debit}, from "${dateStart}" to "${dateEnd}"; entries: ${entries}`);
}
END
venv/bin/python - <<'END'
from ofxtools.Parser import OFXTree
for name in ("lines.ofx", "line.ofx"):
    tree = OFXTree()
    tree.parse(name)
    print(f"ofxtools, {name}:", *(entry.trnamt for entry in tree.convert().statements[0].transactions))
END
)

want=$(cat <<'END'
lines.ofx: credits 10.5, debits 0.1, from "2026-11-01" to "2026-11-30"; entries: 2
line.ofx: credits 0, debits 0, from "" to ""; entries: SyntaxError
ofxtools, lines.ofx: 10.50 -0.10
ofxtools, line.ofx: 10.50 -0.10
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
