#!/usr/bin/env bash
# What: rusty-money gives the cent that is left over to the first share of an amount, and of the same negative amount to the last: a refund's shares do not cancel the sale's.
# Good guess: an amount and its opposite are shared alike, so that each share and its reversal add up to zero.
# Seen: rusty-money 0.5.0, split(3): R$3,34 R$3,33 R$3,33, and -R$3,33 -R$3,33 -R$3,34; allocate([1, 1, 1]) the same.
# So: share the absolute amount, and give every share its sign afterwards.
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
rusty-money = { version = "=0.5.0", features = ["iso"] }
END
cat > src/main.rs <<'END'
use rusty_money::{iso, Money};

fn main() {
    for cents in [1000, -1000] {
        let amount = Money::from_minor(cents, iso::BRL);
        for shares in [amount.split(3).unwrap(), amount.allocate(vec![1, 1, 1]).unwrap()] {
            println!("{}", shares.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        }
    }
}
END

got=$(cargo run --quiet 2>/dev/null)

want=$(cat <<'END'
R$3,34 R$3,33 R$3,33
R$3,34 R$3,33 R$3,33
-R$3,33 -R$3,33 -R$3,34
-R$3,33 -R$3,33 -R$3,34
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
