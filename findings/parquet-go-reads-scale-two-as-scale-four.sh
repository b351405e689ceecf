#!/usr/bin/env bash
# What: parquet-go converts a column's times to the unit that a struct declares, and its decimals not to the scale: 10.50 of a file with scale 2 is 0.1050 in a field of scale 4.
# Good guess: refused, or converted as timestamps are (milliseconds read as microseconds are multiplied by 1000).
# Seen: parquet-go/parquet-go 0.32.0: 1050 for a field of scale 4, 10500000 for a timestamp of 10500 milliseconds read as microseconds; as an int32, 30,000,000.00 is -12949672.96. No error.
# So: compare the file's scale and type with the struct's before reading.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding >/dev/null 2>&1
cat > main.go <<'END'
package main

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

type Written struct {
	Amount int64 `parquet:"amount,decimal(2:18)"`
	At     int64 `parquet:"at,timestamp(millisecond)"`
}

type Finer struct {
	Amount int64 `parquet:"amount,decimal(4:18)"`
	At     int64 `parquet:"at,timestamp(microsecond)"`
}

type Shorter struct {
	Amount int32 `parquet:"amount,decimal(2:9)"`
}

func main() {
	var file bytes.Buffer
	err := parquet.Write(&file, []Written{{1050, 10500}, {-7, 10500}, {3000000000, 10500}})
	fmt.Println("written", err)
	finer, err := parquet.Read[Finer](bytes.NewReader(file.Bytes()), int64(file.Len()))
	fmt.Println("scale 4", finer, err)
	shorter, err := parquet.Read[Shorter](bytes.NewReader(file.Bytes()), int64(file.Len()))
	fmt.Println("int32", shorter, err)
}
END
go get github.com/parquet-go/parquet-go@v0.32.0 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
written <nil>
scale 4 [{1050 10500000} {-7 10500000} {3000000000 10500000}] <nil>
int32 [{1050} {-7} {-1294967296}] <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
