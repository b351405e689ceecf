#!/usr/bin/env bash
# What: go-mysql-server gives the SUM and the AVG of decimals as doubles, and sends those with an exponent from a million on: the sum of
#   1234567.80 and 0.09 reaches a client as 1.23456789e+06, and minus 1234567.88 it is 0.010000000009313226.
# Good guess: 1234567.89 and 0.01: the sum of a DECIMAL is a DECIMAL, as in MySQL, which it is made to stand in for; its + is exact.
# Seen: github.com/dolthub/go-mysql-server 0.20.0. The digits are kept up to a cast or a text of the sum.
# So: always CAST(SUM(amount) AS DECIMAL(20, 2)); what is tested against it else sees other types and texts than with MySQL.
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
CREATE TABLE entry (amount DECIMAL(20, 2))
INSERT INTO entry VALUES (1234567.80), (0.09)
SELECT SUM(amount), AVG(amount) FROM entry
SELECT SUM(amount) - 1234567.88 FROM entry
SELECT CAST(SUM(amount) AS DECIMAL(20, 2)), CONCAT(SUM(amount), '') FROM entry
SELECT 1234567.80 + 0.09, 1234567.89 - 1234567.88
END
)

want=$(cat <<'END'
SELECT SUM(amount), AVG(amount) FROM entry: 1.23456789e+06 617283.945
SELECT SUM(amount) - 1234567.88 FROM entry: 0.010000000009313226
SELECT CAST(SUM(amount) AS DECIMAL(20, 2)), CONCAT(SUM(amount), '') FROM entry: 1234567.89 1234567.89
SELECT 1234567.80 + 0.09, 1234567.89 - 1234567.88: 1234567.89 0.01
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
