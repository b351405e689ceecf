#!/usr/bin/env bash
# What: arrow-go reads a text with half a cent through a binary number: 1.005 goes up to 1.01, 1.015 down to 1.01.
# Good guess: a decimal's text is read as a decimal: halves all go up, or all to the even cent, or are refused as pyarrow refuses them.
# Seen: github.com/apache/arrow-go/v18 18.8.0, decimal128.FromString with precision 18 and scale 2: up but for 1.015, and nothing is said.
# So: round a text to the column's scale before it is read.
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

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

func main() {
	for _, text := range []string{"0.125", "1.005", "1.015", "1.025", "2.675", "10.075"} {
		amount, err := decimal128.FromString(text, 18, 2)
		fmt.Println(text, amount.ToString(2), err)
	}
}
END
go get github.com/apache/arrow-go/v18@v18.8.0 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
0.125 0.13 <nil>
1.005 1.01 <nil>
1.015 1.01 <nil>
1.025 1.03 <nil>
2.675 2.68 <nil>
10.075 10.08 <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
