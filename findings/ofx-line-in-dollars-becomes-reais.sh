#!/usr/bin/env bash
# What: ofxparse and ofx-br drop the CURRENCY of an OFX line, so 100 dollars are 100 in the statement's currency, reais.
# Good guess: the line has a currency of its own, or is refused.
# Seen: ofxparse 0.21, ofx-br 0.1.0: amount -100.00, and BRL is the only currency named. ofxtools 1.1.1 keeps it (USD).
# So: a line whose CURRENCY is not the statement's is not read as money; ORIGCURRENCY (already converted) is.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore ofxparse==0.21 ofx-br==0.1.0 ofxtools==1.1.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import io
import ofxbr
from ofxparse import OfxParser
from ofxtools.Parser import OFXTree
DOCUMENT = b"""OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261130<LANGUAGE>POR</SONRS></SIGNONMSGSRSV1>
<CREDITCARDMSGSRSV1><CCSTMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><CCSTMTRS><CURDEF>BRL<CCACCTFROM><ACCTID>4111</CCACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261130
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261107<TRNAMT>-100.00<FITID>1<NAME>HOTEL LIMA<CURRENCY><CURRATE>5.10<CURSYM>USD</CURRENCY></STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>-510.00<DTASOF>20261130</LEDGERBAL></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>
"""
statement = OfxParser.parse(io.BytesIO(DOCUMENT)).account.statement
print("ofxparse", statement.transactions[0].amount, "USD" in str(vars(statement.transactions[0])), statement.currency)
statement = ofxbr.parse(DOCUMENT).statements[0]
print("ofx-br", statement.transactions[0].amount, "USD" in str(statement.transactions[0]), statement.currency)
tree = OFXTree()
tree.parse(io.BytesIO(DOCUMENT))
line = tree.convert().statements[0].transactions[0]
print("ofxtools", line.trnamt, line.currency.cursym)
END
)

want=$(cat <<'END'
ofxparse -100.00 False brl
ofx-br -100.00 False BRL
ofxtools -100.00 USD
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
