#!/usr/bin/env bash
# What: brazilian-utils knows the CNPJ with letters when asked (version: 2), but its parser drops the letters always, and by
#   default its validator refuses what its Pix key validator takes.
# Good guess: four months after such numbers began, one package has one opinion of them.
# Seen: @brazilian-utils/brazilian-utils 2.4.0: parseCnpj gives 123450135; valid: false by default, true with version 2, true as
#   a Pix key. cpf-cnpj-validator 2.1.2 keeps and takes it.
# So: two merchants can share what is left after parsing; keep the fourteen characters as they came.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @brazilian-utils/brazilian-utils@2.4.0 cpf-cnpj-validator@2.1.2

got=$(node - <<'END'
const utils = require("@brazilian-utils/brazilian-utils");
const { cnpj } = require("cpf-cnpj-validator");
const written = "12.ABC.345/01DE-35";
console.log(
  `parsed ${utils.parseCnpj(written)}, valid ${utils.isValidCnpj(written)}, version 2 ${utils.isValidCnpj(written, { version: 2 })}, ` +
    `as a Pix key ${utils.isValidPixKey(written)}; cpf-cnpj-validator ${cnpj.strip(written)} ${cnpj.isValid(written)}`,
);
END
)

want=$(cat <<'END'
parsed 123450135, valid false, version 2 true, as a Pix key true; cpf-cnpj-validator 12ABC34501DE35 true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
