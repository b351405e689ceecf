#!/usr/bin/env bash
# What: hamba/avro writes a big.Rat that is a struct's value (not a pointer) as the decimal that it is, and reads the same bytes into that struct as 0.
# Good guess: what a struct's field is written from, it is read into; or one of both is refused.
# Seen: hamba/avro 2.31.0: 10.50 is written; read into a *big.Rat it is 21/2, into a big.Rat 0, and no error.
# So: declare amounts as *big.Rat, and test a struct by reading what it wrote.
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

type ByValue struct {
	Amount big.Rat `avro:"amount"`
}

type ByPointer struct {
	Amount *big.Rat `avro:"amount"`
}

func main() {
	schema := avro.MustParse(`{"type": "record", "name": "entry", "fields": [{"name": "amount",
		"type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}}]}`)
	written, err := avro.Marshal(schema, ByValue{*big.NewRat(1050, 100)})
	fmt.Println("written", written, err)
	var value ByValue
	err = avro.Unmarshal(schema, written, &value)
	fmt.Println("value", value.Amount.String(), err)
	var pointer ByPointer
	err = avro.Unmarshal(schema, written, &pointer)
	fmt.Println("pointer", pointer.Amount.String(), err)
}
END
go get github.com/hamba/avro/v2@v2.31.0 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
written [4 4 26] <nil>
value 0/1 <nil>
pointer 21/2 <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
