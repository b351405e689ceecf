#!/usr/bin/env bash
# What: xitongsys/parquet-go writes a negative decimal of bytes as Parquet says (two's complement) and shows the same bytes as a positive amount: -10.50 as 644.86.
# Good guess: what StrToParquetType makes of a text, DECIMAL_BYTE_ARRAY_ToString turns into that text again.
# Seen: github.com/xitongsys/parquet-go 1.6.2: 10.50 stays 10.50, -10.50 becomes 644.86, -0.29 becomes 2.27. The bytes are right, and other readers show the debit.
# So: keep cents in an INT64; or read with another library than the one that shows them.
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

	"github.com/xitongsys/parquet-go/parquet"
	"github.com/xitongsys/parquet-go/types"
)

func main() {
	physical, logical := parquet.Type_BYTE_ARRAY, parquet.ConvertedType_DECIMAL
	for _, amount := range []string{"10.50", "-10.50", "-0.29"} {
		written, err := types.StrToParquetType(amount, &physical, &logical, 0, 2)
		bytes := []byte(written.(string))
		fmt.Printf("%s % x %v %s\n", amount, bytes, err, types.DECIMAL_BYTE_ARRAY_ToString(bytes, 12, 2))
	}
}
END
go get github.com/xitongsys/parquet-go/types@v1.6.2 github.com/xitongsys/parquet-go/parquet@v1.6.2 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
10.50 04 1a <nil> 10.50
-10.50 fb e6 <nil> 644.86
-0.29 e3 <nil> 2.27
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
