#!/usr/bin/env bash
# What: H2 rounds the rest of an amount to a whole number when the divisor is one: 11.51 % 3 is 3, and the cents, 10.51 % 1, are 1.
# Good guess: 2.51 and 0.51, as PostgreSQL has it; a rest is less than what was divided by.
# Seen: H2 2.5.252 in its mode for PostgreSQL; with a divisor of 3.00 the rest is 2.51. HSQLDB 2.7.4 rounds both numbers before it
#   divides: MOD(11.51, 3) is 0.
# So: what is left over after packs, instalments or whole reais is wrong in tests on either: write x - FLOOR(x / 3) * 3.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.h2database</groupId><artifactId>h2</artifactId><version>2.5.252</version></dependency>
    <dependency><groupId>org.hsqldb</groupId><artifactId>hsqldb</artifactId><version>2.7.4</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Rests.java <<'END'
import java.sql.DriverManager;

public class Rests {
    public static void main(String[] arguments) throws Exception {
        for (String base : new String[] {"jdbc:h2:mem:sales;MODE=PostgreSQL", "jdbc:hsqldb:mem:sales;sql.syntax_pgs=true"}) {
            try (var connection = DriverManager.getConnection(base); var statement = connection.createStatement()) {
                statement.execute("CREATE TABLE sale (x DECIMAL(12, 2))");
                statement.execute("INSERT INTO sale VALUES (11.51)");
                var text = new StringBuilder(base.split(":")[1] + ":");
                for (String rest : new String[] {"MOD(x, 3)", "MOD(x, 1)", "MOD(-x, 1)", "MOD(x, 3.00)", "x - FLOOR(x / 3) * 3"}) {
                    var rows = statement.executeQuery("SELECT " + rest + " FROM sale");
                    rows.next();
                    text.append(" ").append(rest).append(" is ").append(rows.getString(1)).append(";");
                }
                System.out.println(text);
            }
        }
    }
}
END

got=$(java -cp 'lib/*' Rests.java 2>/dev/null)

want=$(cat <<'END'
h2: MOD(x, 3) is 3; MOD(x, 1) is 1; MOD(-x, 1) is -1; MOD(x, 3.00) is 2.51; x - FLOOR(x / 3) * 3 is 2.51;
hsqldb: MOD(x, 3) is 0; MOD(x, 1) is 0; MOD(-x, 1) is 0; MOD(x, 3.00) is 0; x - FLOOR(x / 3) * 3 is 2.51;
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
