#!/usr/bin/env bash
# What: ofxtools takes the XML tag <NAME/> for one that is never closed: all that follows it is its own, the balance too.
# Good guess: OFX 2 is XML, so <NAME/> and <NAME></NAME> are the same empty name.
# Seen: ofxtools 1.1.1: with <NAME/> the line has no memo and the statement no LEDGERBAL, without an error from the tree;
# convert() then says that the statement lacks its balance.
# So: read OFX 2 by tags of our own; compare the count of lines, and opening + lines with closing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore ofxtools==1.1.1

got=$("$work/venv/bin/python" -W ignore - <<'END'
import io
from xml.etree import ElementTree
from ofxtools.Parser import OFXTree
HEAD = '<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>'
BODY = """<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS><STMTRS>
<CURDEF>BRL</CURDEF><BANKACCTFROM><BANKID>001</BANKID><ACCTID>12345</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101</DTSTART><DTEND>20261130</DTEND><STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20261105</DTPOSTED>
<TRNAMT>10.00</TRNAMT><FITID>1</FITID>{name}<MEMO>venda</MEMO></STMTTRN></BANKTRANLIST>
<LEDGERBAL><BALAMT>10.00</BALAMT><DTASOF>20261130</DTASOF></LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""


def said(tree):
    return tree.findtext(".//STMTTRN/MEMO"), tree.findtext(".//STMTRS/LEDGERBAL/BALAMT")


for name in ("<NAME></NAME>", "<NAME/>"):
    tree = OFXTree()
    tree.parse(io.BytesIO((HEAD + BODY.format(name=name)).encode()))
    print(name, "ofxtools", *said(tree), "XML", *said(ElementTree.fromstring(BODY.format(name=name))))
END
)

want=$(cat <<'END'
<NAME></NAME> ofxtools venda 10.00 XML venda 10.00
<NAME/> ofxtools None None XML venda 10.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
