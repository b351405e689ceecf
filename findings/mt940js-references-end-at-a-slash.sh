#!/usr/bin/env bash
# What: both mt940js and @centrapay/swift-parser end an MT940 entry's reference at its first slash, and lose the bank's own
#   reference with it: FAT/2026/42//B5 is "FAT" and nothing.
# Good guess: only two slashes end the reference; one is a character that it may have, and the reference is FAT/2026/42, the
#   bank's B5.
# Seen: mt940js 1.3.5 and @centrapay/swift-parser 1.0.1: FAT and "", for every invoice of the year; FAT-42//B6 is read right.
# So: entries that are matched to invoices by reference all match the same one: read the line `:61:` yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mt940js@1.3.5 @centrapay/swift-parser@1.0.1

got=$(node - <<'END'
const data = [
  ":20:EXTRATO",
  ":25:0001/12345",
  ":28C:1/1",
  ":60F:C261130BRL0,00",
  ":61:261201C10,00NTRFFAT/2026/42//B5",
  ":61:261201C20,00NTRFFAT/2026/43//B6",
  ":61:261201C30,00NTRFFAT-44//B7",
  ":62F:C261201BRL60,00",
  "",
].join("\r\n");
const readers = {
  mt940js: () => new (require("mt940js").Parser)().parse(data),
  "@centrapay/swift-parser": () => require("@centrapay/swift-parser").parse({ type: "mt940", data }),
};
for (const [name, read] of Object.entries(readers)) {
  const entries = read()[0].transactions;
  console.log(`${name}: ${entries.map((each) => `${each.amount} "${each.reference}" "${each.bankReference}"`).join(", ")}`);
}
END
)

want=$(cat <<'END'
mt940js: 10 "FAT" "", 20 "FAT" "", 30 "FAT-44" "B7"
@centrapay/swift-parser: 10 "FAT" "", 20 "FAT" "", 30 "FAT-44" "B7"
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
