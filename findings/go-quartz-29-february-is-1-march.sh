#!/usr/bin/env bash
# What: go-quartz runs a schedule of 29 February on 1 March in every year that has no such day.
# Good guess: in leap years only, as it keeps the 31st to the months that have one, and as Quartz for Java and cron do.
# Seen: github.com/reugn/go-quartz 0.15.2: "0 0 12 29 2 ?" from 2026: 1 March 2026, 1 March 2027, 29 February 2028;
#   github.com/hashicorp/cronexpr 1.1.3: 29 February 2028, 2032, 2036.
# So: a job for the leap day books into March in the other years: have the job look at the day that it was started for.
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

	"github.com/hashicorp/cronexpr"
	"github.com/reugn/go-quartz/quartz"
)

func main() {
	for _, days := range []string{"29 2", "31 *"} {
		trigger, err := quartz.NewCronTriggerWithLoc("0 0 12 "+days+" ?", time.UTC)
		if err != nil {
			panic(err)
		}
		fmt.Print(days, ": go-quartz")
		day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 4 {
			next, err := trigger.NextFireTime(day.UnixNano())
			if err != nil {
				panic(err)
			}
			day = time.Unix(0, next).UTC()
			fmt.Print(" ", day.Format(time.DateOnly))
		}
		fmt.Print(", cronexpr")
		for _, day := range cronexpr.MustParse("0 12 "+days+" *").NextN(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 4) {
			fmt.Print(" ", day.Format(time.DateOnly))
		}
		fmt.Println()
	}
}
END
go get github.com/reugn/go-quartz@v0.15.2 github.com/hashicorp/cronexpr@v1.1.3 >/dev/null 2>&1

got=$(go run .)

want=$(cat <<'END'
29 2: go-quartz 2026-03-01 2027-03-01 2028-02-29 2032-02-29, cronexpr 2028-02-29 2032-02-29 2036-02-29 2040-02-29
31 *: go-quartz 2026-01-31 2026-03-31 2026-05-31 2026-07-31, cronexpr 2026-01-31 2026-03-31 2026-05-31 2026-07-31
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
