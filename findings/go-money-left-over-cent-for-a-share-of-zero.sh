#!/usr/bin/env bash
# What: go-money gives the cents that are left over when it allocates an amount to the first shares, a share of 0 too.
# Good guess: who has a share of 0 gets 0, and the cent goes to the first who has one.
# Seen: github.com/Rhymond/go-money 1.0.15: 1.01 by 0, 1, 1 is 0.01, 0.50, 0.50; by 1, 1, 0 it is 0.51, 0.50, 0.00.
# So: a partner without a share is paid a cent, by the order of the list only: leave out the zeros before Allocate.
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

	"github.com/Rhymond/go-money"
)

func main() {
	for _, shares := range [][]int{{0, 1, 1}, {1, 1, 0}} {
		parts, err := money.New(101, "BRL").Allocate(shares...)
		fmt.Print(shares, " is")
		for _, part := range parts {
			fmt.Print(" ", part.Amount())
		}
		fmt.Println("", err)
	}
}
END
go get github.com/Rhymond/go-money@v1.0.15 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
[0 1 1] is 1 50 50 <nil>
[1 1 0] is 51 50 0 <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
