#!/usr/bin/env bash
# What: the crate camt053 writes EUR into both balances of every MT940 that it makes of a camt.053: 100.00 BRL become
#   ":60F:C261130EUR100,00". It has read the currency and keeps it beside the amounts.
# Good guess: ":60F:C261130BRL100,00"; an MT940 names its currency in the balances and nowhere else.
# Seen: camt053 0.4.2, SimpleStatement::to_mt940, for BRL, USD and JPY; the yen get two decimals too. to_camt053 keeps the currency.
# So: put statement.currency in place of EUR in the lines :60F: and :62F:, or write the MT940 oneself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat > Cargo.toml <<'END'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"

[dependencies]
camt053 = { version = "=0.4.2", default-features = false }
END
cat > src/main.rs <<'END'
use camt053::SimpleStatements;

fn statement(currency: &str, opening: &str, amount: &str, closing: &str) -> String {
    let balance = |code: &str, amount: &str| {
        format!(
            r#"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>
            <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-30</Dt></Dt></Bal>"#
        )
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
        <GrpHdr><MsgId>1</MsgId><CreDtTm>2026-11-30T20:00:00</CreDtTm></GrpHdr>
        <Stmt><Id>1</Id><CreDtTm>2026-11-30T20:00:00</CreDtTm>
        <Acct><Id><Othr><Id>12345</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>{}{}
        <Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
        <BookgDt><Dt>2026-11-30</Dt></BookgDt><ValDt><Dt>2026-11-30</Dt></ValDt><BkTxCd/>
        <AddtlNtryInf>Pix</AddtlNtryInf></Ntry></Stmt></BkToCstmrStmt></Document>"#,
        balance("OPBD", opening),
        balance("CLBD", closing)
    )
}

fn main() {
    for (currency, opening, amount, closing) in [("BRL", "100.00", "10.50", "110.50"), ("USD", "100.00", "10.50", "110.50"), ("JPY", "100", "10", "110")] {
        let read = SimpleStatements::from_reader(statement(currency, opening, amount, closing).as_bytes()).unwrap();
        let statement = &read.statements[0];
        let text = statement.to_mt940();
        let balances: Vec<&str> = text.lines().filter(|line| line.starts_with(":60F:") || line.starts_with(":62F:")).collect();
        let kept = statement.to_camt053().unwrap().contains(&format!("Ccy=\"{currency}\""));
        println!("{}: {}, as camt.053 again {}", statement.currency.as_deref().unwrap(), balances.join(" "), kept);
    }
}
END

got=$(cargo run --quiet 2>/dev/null)

want=$(cat <<'END'
BRL: :60F:C261130EUR100,00 :62F:C261130EUR110,50, as camt.053 again true
USD: :60F:C261130EUR100,00 :62F:C261130EUR110,50, as camt.053 again true
JPY: :60F:C261130EUR100,00 :62F:C261130EUR110,00, as camt.053 again true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
