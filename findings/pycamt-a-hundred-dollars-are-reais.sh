#!/usr/bin/env bash
# What: pycamt puts the first amount among an entry's details in the place of the entry's own and leaves the entry's currency: a
#   payment of 100 dollars, booked as 543.21 reais, is 100 reais.
# Good guess: the entry's amount, which is the one that changes the balance, or 100 dollars.
# Seen: pycamt 1.1.1 with camt.053.001.02: InstdAmt, what the payer ordered; without it the entry's own amount stays.
# So: the sum of the entries is not the change of the balance: where a currency was exchanged, take Ntry/Amt from the file yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore pycamt==1.1.1
cat > statement.py <<'END'
def statement(entries="", balances=""):
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-30T20:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><CreDtTm>2026-11-30T20:00:00</CreDtTm>
<Acct><Id><Othr><Id>123456</Id></Othr></Id><Ccy>BRL</Ccy></Acct>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"""


def entry(amount, details):
    return f"""<Ntry><Amt Ccy="BRL">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-30</Dt></BookgDt>
<ValDt><Dt>2026-11-30</Dt></ValDt><BkTxCd><Prtry><Cd>1</Cd></Prtry></BkTxCd>{details}</Ntry>"""


def balance(code, amount):
    return f"""<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="BRL">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-11-30</Dt></Dt></Bal>"""
END

got=$(venv/bin/python - <<'END'
from pycamt.parser import Camt053Parser
from statement import entry, statement

instructed = '<AmtDtls><InstdAmt><Amt Ccy="USD">100.00</Amt></InstdAmt></AmtDtls>'
for name, details in (
    ("no details", ""),
    ("100 dollars", f"<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>{instructed}</TxDtls></NtryDtls>"),
    ("a reference", "<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs></TxDtls></NtryDtls>"),
):
    (read,) = Camt053Parser(statement(entry("543.21", details))).get_transactions()
    print(f"{name}: {read['Amount']} {read['Currency']}")
END
)

want=$(cat <<'END'
no details: 543.21 BRL
100 dollars: 100.00 BRL
a reference: 543.21 BRL
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
