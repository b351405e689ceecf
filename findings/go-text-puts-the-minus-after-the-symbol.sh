#!/usr/bin/env bash
# What: Go's x/text writes a negative amount in Brazilian Portuguese as "R$ -1.234,56".
# Good guess: the same CLDR data as Java, Node and Babel give the same text, "-R$ 1.234,56" with a no-break space.
# Seen: golang.org/x/text 0.44.0: minus after the symbol, plain space.
# So: texts made by two services differ byte by byte; compare amounts, not texts.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding >/dev/null 2>&1
cat > main.go <<'END'
package main

import (
	"fmt"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

func main() {
	printer := message.NewPrinter(language.MustParse("pt-BR"))
	fmt.Printf("%q\n", printer.Sprint(currency.Symbol(currency.BRL.Amount(-1234.56))))
}
END
go get golang.org/x/text@v0.44.0 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
"R$ -1.234,56"
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
