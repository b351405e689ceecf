#!/usr/bin/env bash
# What: JsonLogic's == in Go (diegoholiveira/jsonlogic) and in Python (json-logic-qubit) compares a text and a number as texts:
#   "10.50" is not 10.5, and "10.5" is. "10.50" <= 10.5 is false as well, and so is >.
# Good guess: the engines that run one rule agree, and == makes a number of the text as JavaScript does, the language that
#   JsonLogic takes its == from; + does so in all of them.
# Seen: github.com/diegoholiveira/jsonlogic/v3 3.5.1 and json-logic-qubit 0.9.1: false for "10.50" == 10.5, "0010" == 10 and
#   "10.50" <= 10.5, true for "10.5" == 10.5; json-logic-js 2.0.5: true for all of them.
# So: an amount that came as a text with two decimals passes in the browser and fails on the server: make numbers of texts before
#   the rule sees them.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding >/dev/null 2>&1
cat > main.go <<'END'
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/diegoholiveira/jsonlogic/v3"
)

func main() {
	for _, rule := range os.Args[1:] {
		var answer bytes.Buffer
		if err := jsonlogic.Apply(strings.NewReader(rule), strings.NewReader("{}"), &answer); err != nil {
			panic(err)
		}
		fmt.Print(" ", strings.TrimSpace(answer.String()))
	}
	fmt.Println()
}
END
go get github.com/diegoholiveira/jsonlogic/v3@v3.5.1 >/dev/null 2>&1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund json-logic-js@2.0.5
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check --root-user-action=ignore json-logic-qubit==0.9.1

rules=('{"==":["10.50",10.5]}' '{"==":["10.5",10.5]}' '{"==":["0010",10]}'
    '{"<=":["10.50",10.5]}' '{">":["10.50",10.5]}' '{"+":["10.50",1]}')
got=$(
    echo "${rules[@]}"
    echo "Go:$(go run . "${rules[@]}")"
    echo "JavaScript:$(node -e 'for (const rule of process.argv.slice(1)) process.stdout.write(
        " " + require("json-logic-js").apply(JSON.parse(rule)))' "${rules[@]}")"
    echo "Python:$(venv/bin/python -c 'import json, sys, json_logic
for rule in sys.argv[1:]: print("", json.dumps(json_logic.jsonLogic(json.loads(rule))), end="")' "${rules[@]}")"
)

want=$(cat <<'END'
{"==":["10.50",10.5]} {"==":["10.5",10.5]} {"==":["0010",10]} {"<=":["10.50",10.5]} {">":["10.50",10.5]} {"+":["10.50",1]}
Go: false true false false false 11.5
JavaScript: true true true true false 11.5
Python: false true false false false 11.5
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
