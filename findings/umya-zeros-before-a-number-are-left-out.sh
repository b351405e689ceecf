#!/usr/bin/env bash
# What: umya-spreadsheet shows no zero before a number, however many the format asks for: branch 7 in the format 0000 is "7", the
#   postcode 1310100 in 00000000 is "1310100".
# Good guess: "0007" and "01310100"; a 0 in a format is a digit that is always shown, which is why such columns are formatted so.
# Seen: umya-spreadsheet 3.1.1, formatted_value. The zeros after the point are shown.
# So: pad codes of banks, branches, accounts and places oneself, by the length of the format.
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
    for (format, number) in [("00000", 123.0), ("0000", 7.0), ("00000000", 1310100.0), ("000.00", 7.5), ("0.00", 7.5)] {
        sheet.cell_mut("A1").set_value_number(number);
        sheet.style_mut("A1").number_format_mut().set_format_code(format);
        println!("{number} in {format}: {}", sheet.formatted_value("A1"));
    }
}
END

got=$(cargo run --quiet 2>/dev/null)

want=$(cat <<'END'
123 in 00000: 123
7 in 0000: 7
1310100 in 00000000: 1310100
7.5 in 000.00: 7.50
7.5 in 0.00: 7.50
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
