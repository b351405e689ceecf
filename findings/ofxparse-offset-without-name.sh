#!/usr/bin/env bash
# What: ofxparse shifts DTPOSTED to UTC when the offset has a zone name, and ignores the offset when it has none.
# Good guess: `[-3:BRT]` and `[-3]` are the same instant; the name is optional in OFX.
# Seen: ofxparse 0.21: 2026-11-06 02:30 and 2026-11-05 23:30, so two days for one evening sale, by the bank's habit.
# So: take the first eight digits of DTPOSTED as the bank's day; no zone arithmetic.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore ofxparse==0.21

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import io
from ofxparse import OfxParser
HEAD = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

"""
BODY = """<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261106<LANGUAGE>POR</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>BRL
<BANKACCTFROM><BANKID>001<ACCTID>12345<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261130
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261105233000{offset}<TRNAMT>10.00<FITID>1<MEMO>venda</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>10.00<DTASOF>20261130</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
for offset in ("[-3:BRT]", "[-3]"):
    parsed = OfxParser.parse(io.BytesIO((HEAD + BODY.format(offset=offset)).encode("cp1252")))
    print(offset, parsed.account.statement.transactions[0].date)
END
)

want=$(cat <<'END'
[-3:BRT] 2026-11-06 02:30:00
[-3] 2026-11-05 23:30:00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
