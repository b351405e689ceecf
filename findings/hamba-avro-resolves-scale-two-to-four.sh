#!/usr/bin/env bash
# What: hamba/avro takes a reader's decimal of another scale for compatible with the writer's, and moves the point: 10.50 of scale 2, read at scale 4, is 0.1050.
# Good guess: refused, as Avro's rules say (decimals match when scale and precision do), or 10.50 still.
# Seen: hamba/avro 2.31.0: Compatible and Resolve give no error, the amount is 21/200; twmb/avro 1.9.1 refuses.
# So: compare scales yourself before a schema is taken; a new scale is a new field.
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
	twmb "github.com/twmb/avro"
)

const entry = `{"type": "record", "name": "entry", "fields": [{"name": "amount",
	"type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": %d}}]}`

func main() {
	two, four := fmt.Sprintf(entry, 2), fmt.Sprintf(entry, 4)
	writer, reader := avro.MustParse(two), avro.MustParse(four)
	written, err := avro.Marshal(writer, map[string]any{"amount": big.NewRat(1050, 100)})
	fmt.Println("written", written, err)
	compatibility := avro.NewSchemaCompatibility()
	fmt.Println("compatible", compatibility.Compatible(reader, writer))
	resolved, err := compatibility.Resolve(reader, writer)
	fmt.Println("resolve", err)
	var read struct {
		Amount *big.Rat `avro:"amount"`
	}
	err = avro.Unmarshal(resolved, written, &read)
	fmt.Println("read", read.Amount.FloatString(4), err)
	from, _ := twmb.Parse(two)
	to, _ := twmb.Parse(four)
	_, err = twmb.Resolve(from, to)
	fmt.Println("twmb refuses", err != nil)
}
END
go get github.com/hamba/avro/v2@v2.31.0 github.com/twmb/avro@v1.9.1 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
written [4 4 26] <nil>
compatible <nil>
resolve <nil>
read 0.1050 <nil>
twmb refuses true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
