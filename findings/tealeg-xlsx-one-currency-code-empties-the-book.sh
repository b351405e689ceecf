#!/usr/bin/env bash
# What: tealeg/xlsx gives no row of a whole book as texts when one cell has a currency's code in its format ([$BRL]), which it writes itself.
# Good guess: "BRL 1234.56", as it gives "R$ 1234.56" for [$R$-416]; or the plain number for that one cell.
# Seen: tealeg/xlsx 3.3.13: ToSlice returns no sheet and the error "invalid formatting code, invalid currency annotation"; Cell.String gives 1234.56.
# So: read cells one by one with Value or Float, not with ToSlice, where the formats are not ours.
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

	"github.com/tealeg/xlsx/v3"
)

func main() {
	for _, format := range []string{`[$R$-416]\ #,##0.00`, `[$BRL]\ #,##0.00`} {
		book := xlsx.NewFile()
		sheet, _ := book.AddSheet("Extrato")
		for _, each := range []string{"0.00", format} {
			row := sheet.AddRow()
			row.AddCell().SetString("venda")
			row.AddCell().SetFloatWithFormat(1234.56, each)
		}
		if err := book.Save("entries.xlsx"); err != nil {
			panic(err)
		}
		read, err := xlsx.OpenFile("entries.xlsx")
		if err != nil {
			panic(err)
		}
		sheets, err := read.ToSlice()
		fmt.Println(format, sheets, err)
		cell, _ := read.Sheet["Extrato"].Cell(1, 1)
		number, err := cell.Float()
		fmt.Println(format, cell.String(), number, err)
	}
}
END
go get github.com/tealeg/xlsx/v3@v3.3.13 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
[$R$-416]\ #,##0.00 [[[venda 1234.56] [venda R$ 1234.56]]] <nil>
[$R$-416]\ #,##0.00 R$ 1234.56 1234.56 <nil>
[$BRL]\ #,##0.00 [] invalid formatting code, invalid currency annotation
[$BRL]\ #,##0.00 1234.56 1234.56 <nil>
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
