#!/usr/bin/env bash
# What: ledger's print, which writes a book again as a book, leaves out every transaction whose postings show as zero: a
#   cancelled sale, interest of less than half a cent, and a balance assertion, which is then no longer checked.
# Good guess: all transactions of the file: reports leave zeros out, what writes the book again does not.
# Seen: ledger 3.3.0: one of four transactions is printed; with --empty all four, the interest of R$0.004 as 0.
# So: never pass a book through print (or csv) to move or sort it: the assertion that would have failed is gone, and so are the
#   small amounts; --empty keeps the transactions, not the digits.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Debian 12's packages, taken apart here rather than installed.
apt-get -q download ledger=3.3.0-3 libboost-filesystem1.74.0 libboost-iostreams1.74.0 libboost-python1.74.0 \
    libboost-regex1.74.0 libicu72 libmpfr6 libgmp10 libpython3.11 >download.log 2>&1 || { cat download.log; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(find "$work/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
export LD_LIBRARY_PATH LC_ALL=C.UTF-8
cat > book <<'END'
commodity R$
    format R$1,000.00

2026-11-05 Venda
    Caixa    R$10.00
    Receita

2026-11-06 Venda cancelada
    Caixa    R$0.00
    Receita

2026-11-06 Juros
    Caixa    R$0.004
    Receita

2026-11-07 Conferencia
    Caixa    R$0.00 = R$10.004
    Receita
END

got=$(for how in "" --empty; do
    # shellcheck disable=SC2086 # No option, or one.
    root/usr/bin/ledger -f book print $how | awk -v how="print${how:+ $how}:" '/^2026/ { $1 = ""; printf "%s%s", how, $0; how = "," } /Caixa/ { printf " %s", $2 } END { print "" }'
done)

want=$(cat <<'END'
print: Venda R$10.00
print --empty: Venda R$10.00, Venda cancelada 0, Juros 0, Conferencia 0
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
