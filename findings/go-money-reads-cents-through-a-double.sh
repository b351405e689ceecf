#!/usr/bin/env bash
# What: go-money keeps cents in an int64, writes them as such to JSON, and reads them back through a float64.
# Good guess: what it wrote itself it reads back equal.
# Seen: github.com/Rhymond/go-money 1.0.15: 9007199254740993 written, 9007199254740992 read, no error.
# So: decode amounts into an int64 of your own and call New.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding >/dev/null 2>&1
cat > main.go <<'END'
package main

import (
	"encoding/json"
	"fmt"

	"github.com/Rhymond/go-money"
)

func main() {
	written, _ := json.Marshal(money.New(9007199254740993, "BRL"))
	var read money.Money
	err := json.Unmarshal(written, &read)
	fmt.Println("written", string(written), "read", read.Amount(), err)
}
END
go get github.com/Rhymond/go-money@v1.0.15 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
written {"amount":9007199254740993,"currency":"BRL"} read 9007199254740992 <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
