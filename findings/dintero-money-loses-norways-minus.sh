#!/usr/bin/env bash
# What: @dintero/money writes a negative amount for Norway with the minus of typography (U+2212), and reads its own text as positive:
#   "−1 234,56" is 1234.56. So for Sweden, Finland, Estonia, Lithuania, Slovenia and Croatia; Brazil's text is read right.
# Good guess: fromLocaleString gives back what toLocaleString was given, in the locale that all of the library's examples are for.
# Seen: @dintero/money 1.1.12: what is no digit, separator or hyphen is dropped before the text is read.
# So: a debit becomes a credit: replace U+2212 by a hyphen before, or keep the amount beside its text.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @dintero/money@1.1.12

got=$(node - <<'END'
const { Money } = require("@dintero/money");
for (const [locale, currency] of [["nb-NO", "NOK"], ["sv-SE", "SEK"], ["fi-FI", "EUR"], ["lt-LT", "EUR"], ["pt-BR", "BRL"]]) {
  const text = Money.of("-1234.56", currency).toLocaleString(locale);
  console.log(`${locale}: U+${text.codePointAt(0).toString(16).padStart(4, "0")}, ${Money.fromLocaleString(text, currency, locale)}`);
}
END
)

want=$(cat <<'END'
nb-NO: U+2212, 1234.56
sv-SE: U+2212, 1234.56
fi-FI: U+2212, 1234.56
lt-LT: U+2212, 1234.56
pt-BR: U+002d, -1234.56
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
