#!/usr/bin/env bash
# What: both Avro libraries for Go cut what a decimal has beyond its schema's scale towards minus infinity: a share of 1.999 is written as 1.99, its reversal as -2.00.
# Good guess: it is refused, as Avro for Python and fastavro do, or rounded the same way for either sign.
# Seen: hamba/avro 2.31.0 and goavro 2.15.0, bytes, scale 2: 1.99 and -2.00; half a cent is 0.00 and -0.01. Nothing is said.
# So: round a big.Rat to cents before it is written; a sum of what was written is otherwise a cent lower for each debit.
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
	"github.com/linkedin/goavro/v2"
)

const decimal = `{"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}`

func main() {
	schema := avro.MustParse(decimal)
	codec, _ := goavro.NewCodec(decimal)
	for _, text := range []string{"10.50", "1.999", "-1.999", "0.005", "-0.005"} {
		amount, _ := new(big.Rat).SetString(text)
		written, err := avro.Marshal(schema, amount)
		var read *big.Rat
		if err == nil {
			err = avro.Unmarshal(schema, written, &read)
		}
		other, otherErr := codec.BinaryFromNative(nil, amount)
		back, _, _ := codec.NativeFromBinary(other)
		fmt.Println(text, read.FloatString(2), err, back.(*big.Rat).FloatString(2), otherErr)
	}
}
END
go get github.com/hamba/avro/v2@v2.31.0 github.com/linkedin/goavro/v2@v2.15.0 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
10.50 10.50 <nil> 10.50 <nil>
1.999 1.99 <nil> 1.99 <nil>
-1.999 -2.00 <nil> -2.00 <nil>
0.005 0.00 <nil> 0.00 <nil>
-0.005 -0.01 <nil> -0.01 <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
