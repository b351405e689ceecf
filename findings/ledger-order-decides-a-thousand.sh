#!/usr/bin/env bash
# What: `R$1.000` is a thousand or one real in ledger, by whether an amount with a decimal comma came before it in the file;
#   hledger takes it for one real both times.
# Good guess: one rule for the whole file, and the sum of two transactions does not depend on their order.
# Seen: ledger 3.3.0: R$2.234,56 with R$1.234,56 first, R$1.235,560 with R$1.000 first; hledger 1.25: R$1.235,560 both times.
#   No warning from either.
# So: always write the decimals, and state the decimal mark (`--decimal-comma`, `decimal-mark ,`) in exported books.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Debian 12's packages, taken apart here rather than installed.
apt-get -q download ledger=3.3.0-3 hledger=1.25-2+b5 libboost-filesystem1.74.0 libboost-iostreams1.74.0 \
    libboost-python1.74.0 libboost-regex1.74.0 libicu72 libmpfr6 libgmp10 libpython3.11 >download.log 2>&1 || { cat download.log; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(find "$work/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
export LD_LIBRARY_PATH LC_ALL=C.UTF-8

small=$'2026-11-05 venda\n    Caixa    R$1.000\n    Receita\n\n'
large=$'2026-11-05 venda\n    Caixa    R$1.234,56\n    Receita\n\n'
printf '%s%s' "$large" "$small" >large-first
printf '%s%s' "$small" "$large" >small-first
sum() { "root/usr/bin/$1" -f "$2" balance Caixa | awk 'NR == 1 { print $1 }'; }

got="ledger $(sum ledger large-first) $(sum ledger small-first), hledger $(sum hledger large-first) $(sum hledger small-first)"
# shellcheck disable=SC2016 # The dollar is the real's.
want='ledger R$2.234,56 R$1.235,560, hledger R$1.235,560 R$1.235,560'
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
