#!/usr/bin/env bash
# What: go-mysql-server's SIGN rounds to a whole number first: SIGN(-0.07) and SIGN(-0.49) are 0, SIGN(-0.51) is -1.
# Good guess: -1 for all of them, as in MySQL, which it is made to stand in for.
# Seen: github.com/dolthub/go-mysql-server 0.20.0, decimals and doubles.
# So: compare with zero (CASE WHEN amount < 0 THEN -1 WHEN amount > 0 THEN 1 ELSE 0 END): lines of cents are else neither debits
#   nor credits.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding >/dev/null 2>&1
cat > main.go <<'END'
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql"
)

func main() {
	provider := memory.NewDBProvider(memory.NewDatabase("finding"))
	engine := sqle.NewDefault(provider)
	session := sql.NewContext(context.Background(), sql.WithSession(memory.NewSession(sql.NewBaseSession(), provider)))
	session.SetCurrentDatabase("finding")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		schema, rows, _, err := engine.Query(session, lines.Text())
		if err != nil {
			panic(err)
		}
		var found []string
		for {
			row, err := rows.Next(session)
			if err == io.EOF {
				break
			} else if err != nil {
				panic(err)
			}
			for place, value := range row {
				if text, err := schema[place].Type.SQL(session, nil, value); err == nil {
					found = append(found, text.ToString())
				}
			}
		}
		rows.Close(session)
		if strings.HasPrefix(lines.Text(), "SELECT") {
			fmt.Println(lines.Text()+":", strings.Join(found, " "))
		}
	}
}
END
go get github.com/dolthub/go-mysql-server@v0.20.0 >/dev/null 2>&1

got=$(go run . 2>/dev/null <<'END'
SELECT SIGN(-0.07), SIGN(-0.49), SIGN(-0.51), SIGN(-1.07)
SELECT SIGN(0.07), SIGN(0.49), SIGN(0.51), SIGN(1.07)
SELECT SIGN(-0.07e0), SIGN(0.49e0), SIGN(0.51e0)
SELECT -0.07 < 0, 0.49 > 0
END
)

want=$(cat <<'END'
SELECT SIGN(-0.07), SIGN(-0.49), SIGN(-0.51), SIGN(-1.07): 0 0 -1 -1
SELECT SIGN(0.07), SIGN(0.49), SIGN(0.51), SIGN(1.07): 0 0 1 1
SELECT SIGN(-0.07e0), SIGN(0.49e0), SIGN(0.51e0): 0 0 1
SELECT -0.07 < 0, 0.49 > 0: 1 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
