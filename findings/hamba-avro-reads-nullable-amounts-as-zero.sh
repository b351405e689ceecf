#!/usr/bin/env bash
# What: hamba/avro reads a decimal that may be null into a *big.Rat as 0, whatever was written; the same field without null it reads right.
# Good guess: null is nil and 10.50 is 10.50, since a *big.Rat is what it asks for a decimal, and a pointer what it asks for a union with null.
# Seen: hamba/avro 2.31.0, ["null", decimal]: 10.50 is written from a *big.Rat and read into it as 0, no error; into a **big.Rat or an any, 21/2. null is nil.
# So: read amounts that may be null into **big.Rat or any, or write a flag beside an amount.
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
	"math/big"

	"github.com/hamba/avro/v2"
)

const decimal = `{"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}`

type Entry struct {
	Fee *big.Rat `avro:"fee"`
}

func main() {
	for _, kind := range []string{decimal, `["null", ` + decimal + `]`} {
		schema := avro.MustParse(`{"type": "record", "name": "entry", "fields": [{"name": "fee", "type": ` + kind + `}]}`)
		written, err := avro.Marshal(schema, Entry{big.NewRat(1050, 100)})
		fmt.Println("written", written, err)
		var pointer Entry
		err = avro.Unmarshal(schema, written, &pointer)
		fmt.Println("*big.Rat", pointer.Fee, err)
		var value struct {
			Fee any `avro:"fee"`
		}
		err = avro.Unmarshal(schema, written, &value)
		fmt.Println("any", value.Fee, err)
		if kind == decimal {
			continue
		}
		var two struct {
			Fee **big.Rat `avro:"fee"`
		}
		err = avro.Unmarshal(schema, written, &two)
		fmt.Println("**big.Rat", *two.Fee, err)
		written, err = avro.Marshal(schema, Entry{nil})
		fmt.Println("written", written, err)
		err = avro.Unmarshal(schema, written, &pointer)
		fmt.Println("*big.Rat is nil", pointer.Fee == nil, err)
	}
}
END
go get github.com/hamba/avro/v2@v2.31.0 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
written [4 4 26] <nil>
*big.Rat 21/2 <nil>
any 21/2 <nil>
written [2 4 4 26] <nil>
*big.Rat 0/1 <nil>
any 21/2 <nil>
**big.Rat 21/2 <nil>
written [0] <nil>
*big.Rat is nil true <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
