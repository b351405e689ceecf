#!/usr/bin/env bash
# What: rrule-go gives, where a midnight does not exist, the day before a second time instead of that day.
# Good guess: 01:00 of that day, or the day left out; every day at most once.
# Seen: github.com/teambition/rrule-go 1.8.2, America/Sao_Paulo, clocks forward at midnight of 2018-11-04: daily from the 2nd
#   gives 2, 3, 3, 5 November; monthly on the 4th gives 3 November; each at 00:00. In UTC all days are right.
# So: a daily order is executed twice on one day, a monthly one a day early: make the rule in UTC, of dates only, and put the
#   zone to them afterwards.
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
	"time"
	_ "time/tzdata"

	"github.com/teambition/rrule-go"
)

func main() {
	for _, name := range []string{"America/Sao_Paulo", "UTC"} {
		zone, _ := time.LoadLocation(name)
		fmt.Print(name, ": daily")
		show(rrule.DAILY, time.Date(2018, 11, 2, 0, 0, 0, 0, zone))
		fmt.Print(", monthly")
		show(rrule.MONTHLY, time.Date(2018, 10, 4, 0, 0, 0, 0, zone))
		fmt.Println()
	}
}

func show(often rrule.Frequency, start time.Time) {
	rule, err := rrule.NewRRule(rrule.ROption{Freq: often, Dtstart: start, Count: 4})
	if err != nil {
		panic(err)
	}
	for _, day := range rule.All() {
		fmt.Print(" ", day.Format("01-02T15:04"))
	}
}
END
go get github.com/teambition/rrule-go@v1.8.2 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
America/Sao_Paulo: daily 11-02T00:00 11-03T00:00 11-03T00:00 11-05T00:00, monthly 10-04T00:00 11-03T00:00 12-04T00:00 01-04T00:00
UTC: daily 11-02T00:00 11-03T00:00 11-04T00:00 11-05T00:00, monthly 10-04T00:00 11-04T00:00 12-04T00:00 01-04T00:00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
