#!/usr/bin/env bash
# What: xitongsys/parquet-go shows a decimal that is kept as a number without the zeros after the point, and with a minus on both sides of it: 7 cents as "0.7", -10.50 as "-10.-50".
# Good guess: DECIMAL_INT_ToString(7, 9, 2) is "0.07", and of -1050 "-10.50".
# Seen: github.com/xitongsys/parquet-go 1.6.2: "0.7", "0.-7", "-10.-50", "10.0" for 10.00.
# So: keep cents in an INT64 and write the text yourself.
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

	"github.com/xitongsys/parquet-go/types"
)

func main() {
	for _, cents := range []int64{1050, 1000, 7, -7, -1050} {
		fmt.Println(cents, types.DECIMAL_INT_ToString(cents, 9, 2))
	}
}
END
go get github.com/xitongsys/parquet-go/types@v1.6.2 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
1050 10.50
1000 10.0
7 0.7
-7 0.-7
-1050 -10.-50
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
