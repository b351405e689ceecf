#!/usr/bin/env bash
# What: emvqr, a reader of EMV merchant codes, cannot read a Pix code at all: a merchant category of 0000 is a TypeError, and Brazil's
#   central bank lets it be 0000 where it is not given, as nearly every maker of codes writes it.
# Good guess: the fields of the code; a category without a name stays as it is.
# Seen: emvqr 0.0.5 looks the category up to put its name behind it. With 5462 (bakeries) the same code is read.
# So: read Pix codes with pix-utils or steplix-emvqr.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund emvqr@0.0.5 steplix-emvqr@0.2.3

got=$(node - <<'END'
const field = (id, text) => id + String(text.length).padStart(2, "0") + text;
const sum = (text) => {
  let crc = 0xffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc.toString(16).toUpperCase().padStart(4, "0");
};
for (const category of ["5462", "0000"]) {
  const text = field("00", "01") + field("26", field("00", "br.gov.bcb.pix") + field("01", "loja@exemplo.com")) + field("52", category)
    + field("53", "986") + field("54", "10.50") + field("58", "BR") + field("59", "PADARIA") + field("60", "SAO PAULO")
    + field("62", field("05", "P42")) + "6304";
  for (const name of ["emvqr", "steplix-emvqr"]) {
    let seen;
    try { seen = require(name).decode(text + sum(text))[54].data; } catch (error) { seen = error.name; }
    console.log(`category ${category}, ${name}: ${seen}`);
  }
}
END
)

want=$(cat <<'END'
category 5462, emvqr: 10.50
category 5462, steplix-emvqr: 10.50
category 0000, emvqr: TypeError
category 0000, steplix-emvqr: 10.50
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
