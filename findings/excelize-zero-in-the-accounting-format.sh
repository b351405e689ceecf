#!/usr/bin/env bash
# What: excelize shows zero in Brazil's accounting format as "R$ 0.00", where the format's third part says a dash.
# Good guess: the third part of a number format is used for zero, as a spreadsheet does it.
# Seen: excelize 2.11.1: " R$ 0.00 "; the first two parts are used.
# So: compare sheets by raw value, not by what GetCellValue shows.
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

	"github.com/xuri/excelize/v2"
)

func main() {
	format := `_-"R$"\ * #,##0.00_-;\-"R$"\ * #,##0.00_-;_-"R$"\ * "-"??_-;_-@_-`
	book := excelize.NewFile()
	style, _ := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
	for row, value := range []float64{1234.56, -1234.56, 0} {
		cell := fmt.Sprintf("A%d", row+1)
		book.SetCellValue("Sheet1", cell, value)
		book.SetCellStyle("Sheet1", cell, cell, style)
		shown, _ := book.GetCellValue("Sheet1", cell)
		if row > 0 {
			fmt.Print(" ")
		}
		fmt.Printf("%q", shown)
	}
	fmt.Println()
}
END
go get github.com/xuri/excelize/v2@v2.11.1 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
" R$ 1,234.56 " "-R$ 1,234.56 " " R$ 0.00 "
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
