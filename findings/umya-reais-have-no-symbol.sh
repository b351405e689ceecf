#!/usr/bin/env bash
# What: umya-spreadsheet shows an amount without its currency where the format names the currency by country, as spreadsheets write
#   it: 1234.56 in [$R$-416]\ #,##0.00 is "1,234.56", and so is one in [$$-409], [$€-407] or [$BRL]. A quoted "R$" is shown.
# Good guess: "R$ 1,234.56"; the letters between [$ and - are the symbol, which is shown.
# Seen: umya-spreadsheet 3.1.1, formatted_value: reais, dollars and euros in one column all look alike.
# So: read the format's code beside the value, and write the symbol oneself.
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

[profile.dev]
debug = false

[dependencies]
umya-spreadsheet = "=3.1.1"
END
cat > src/main.rs <<'END'
fn main() {
    let mut book = umya_spreadsheet::new_file();
    let sheet = book.sheet_mut(0).unwrap();
    for format in ["[$R$-416]\\ #,##0.00", "[$$-409]#,##0.00", "#,##0.00\\ [$€-407]", "[$BRL]\\ #,##0.00", "\"R$\"\\ #,##0.00"] {
        sheet.cell_mut("A1").set_value_number(1234.56);
        sheet.style_mut("A1").number_format_mut().set_format_code(format);
        println!("{format}: {}", sheet.formatted_value("A1"));
    }
}
END

got=$(cargo run --quiet 2>/dev/null)

want=$(cat <<'END'
[$R$-416]\ #,##0.00: 1,234.56
[$$-409]#,##0.00: 1,234.56
#,##0.00\ [$€-407]: 1,234.56
[$BRL]\ #,##0.00: 1,234.56
"R$"\ #,##0.00: R$ 1,234.56
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
