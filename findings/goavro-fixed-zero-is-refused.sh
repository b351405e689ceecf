#!/usr/bin/env bash
# What: goavro cannot write zero as a decimal of a fixed size: an account's balance of 0.00 is an error, one of a cent is not.
# Good guess: zero is as many zero bytes as the size says, as every other amount is filled up to it.
# Seen: goavro 2.15.0: "datum size ought to equal schema size: 1 != 8" for 0, and eight bytes for 0.01 and -0.01; as `bytes` zero is written.
# So: take `bytes` for decimals that Go programs write.
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

	"github.com/linkedin/goavro/v2"
)

func main() {
	for _, kind := range []string{`"fixed", "name": "amount", "size": 8`, `"bytes"`} {
		codec, _ := goavro.NewCodec(`{"type": ` + kind + `, "logicalType": "decimal", "precision": 12, "scale": 2}`)
		for _, text := range []string{"0.01", "-0.01", "0.00"} {
			amount, _ := new(big.Rat).SetString(text)
			written, err := codec.BinaryFromNative(nil, amount)
			fmt.Println(text, written, err)
		}
	}
}
END
go get github.com/linkedin/goavro/v2@v2.15.0 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
0.01 [0 0 0 0 0 0 0 1] <nil>
-0.01 [255 255 255 255 255 255 255 255] <nil>
0.00 [] cannot encode binary fixed "amount": datum size ought to equal schema size: 1 != 8
0.01 [2 1] <nil>
-0.01 [2 255] <nil>
0.00 [2 0] <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
