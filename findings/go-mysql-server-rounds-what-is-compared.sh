#!/usr/bin/env bash
# What: go-mysql-server rounds a number to a DECIMAL(10, 2) column's two decimals before it compares them: amount = 11.554 finds 11.55,
#   amount > 11.555 does not find 11.56, amount < 11.554 does not find 11.55.
# Good guess: 11.55 is not 11.554 and is less, as in MySQL, which it is made to stand in for.
# Seen: github.com/dolthub/go-mysql-server 0.20.0, tables in memory. IN does not round, nor does a comparison outside of a table or
#   with amount + 0.000.
# So: compare a computed limit (a price with tax, a share) with amount + 0.000, or round it oneself in a direction one has chosen.
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
CREATE TABLE entry (amount DECIMAL(10, 2))
INSERT INTO entry VALUES (11.55), (11.56), (-0.08)
SELECT amount FROM entry WHERE amount = 11.554
SELECT amount FROM entry WHERE amount IN (11.554)
SELECT amount FROM entry WHERE amount + 0.000 = 11.554
SELECT amount FROM entry WHERE amount > 11.555
SELECT amount FROM entry WHERE amount + 0.000 > 11.555
SELECT amount FROM entry WHERE amount < 11.554 ORDER BY amount
SELECT amount FROM entry WHERE amount + 0.000 < 11.554 ORDER BY amount
SELECT 11.55 = 11.554, 11.55 < 11.554
END
)

want=$(cat <<'END'
SELECT amount FROM entry WHERE amount = 11.554: 11.55
SELECT amount FROM entry WHERE amount IN (11.554): 
SELECT amount FROM entry WHERE amount + 0.000 = 11.554: 
SELECT amount FROM entry WHERE amount > 11.555: 
SELECT amount FROM entry WHERE amount + 0.000 > 11.555: 11.56
SELECT amount FROM entry WHERE amount < 11.554 ORDER BY amount: -0.08
SELECT amount FROM entry WHERE amount + 0.000 < 11.554 ORDER BY amount: -0.08 11.55
SELECT 11.55 = 11.554, 11.55 < 11.554: 0 1
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
