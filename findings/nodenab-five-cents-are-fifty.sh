#!/usr/bin/env bash
# What: nodenab rounds what an amount has beyond its field's decimals as a number of its own, without the zeros before it, and fills
#   up with zeros after it: 3 * 1.35, which is 4.050000000000001 in binary numbers, is written as 4.50.
# Good guess: 4.05, or an error.
# Seen: nodenab 1.2.1, a payment's amount (CNAB 240, segment A, positions 120 to 134) in its own layout for Bradesco: 450 cents for 4.05,
#   1060 for 10.056; 10.996 makes the field, and so the line, a digit longer.
# So: every calculated amount with less than ten cents beside its reais is at risk: hand over what toFixed(2) gives.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund nodenab@1.2.1

got=$(node - <<'END'
const { Layout, Remessa, RemessaFile } = require("nodenab");
const layout = require("nodenab/layouts/237/240/multipag_transferencias.json");
for (const amount of [4.05, 3 * 1.35, 10.05, 10.056, 10.996]) {
  const file = new Remessa(new Layout(237, "240", layout, { loadFromFile: false }));
  const batch = file.novoLote(1);
  const payment = batch.novoDetalhe(["segmento_b", "segmento_c"]);
  payment.segmento_a.valor_pagamento = amount;
  batch.inserirDetalhe(payment);
  file.inserirLote(batch);
  const line = new RemessaFile(file).generate().split("\r\n").find((each) => each[13] === "A");
  console.log(`${amount}: ${Number(line.slice(119, 134))} cents in a line of ${line.length}`);
}
END
)

want=$(cat <<'END'
4.05: 405 cents in a line of 240
4.050000000000001: 450 cents in a line of 240
10.05: 1005 cents in a line of 240
10.056: 1060 cents in a line of 240
10.996: 1010 cents in a line of 241
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
