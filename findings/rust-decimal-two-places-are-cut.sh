#!/usr/bin/env bash
# What: rust_decimal cuts what a format does not show: 1.999 with {:.2} is "1.99", and 0.995 "0.99".
# Good guess: a format rounds, as it does for f64 and in bigdecimal and fastnum: "2.00".
# Seen: rust_decimal 1.43.0: 1.99, 2.67, -0.00 for 1.999, 2.675, -0.001; bigdecimal 0.4.11: 2.00 2.68; round_dp(2) gives 2.00 2.68 0.00.
# So: call round_dp_with_strategy before a format, and give the format no places.
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
rust_decimal = "=1.43.0"
bigdecimal = "=0.4.11"
END
cat > src/main.rs <<'END'
use bigdecimal::BigDecimal;
use rust_decimal::Decimal;

fn main() {
    for text in ["1.999", "0.995", "2.675", "-1.999", "-0.001"] {
        let (amount, other): (Decimal, BigDecimal) = (text.parse().unwrap(), text.parse().unwrap());
        println!("{text} {amount:.2} {} {other:.2}", amount.round_dp(2));
    }
}
END

got=$(cargo run --quiet 2>/dev/null)

want=$(cat <<'END'
1.999 1.99 2.00 2.00
0.995 0.99 1.00 1.00
2.675 2.67 2.68 2.68
-1.999 -1.99 -2.00 -2.00
-0.001 -0.00 0.00 -0.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
