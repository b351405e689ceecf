#!/usr/bin/env bash
# What: H2 gives a quotient more or fewer decimals by how the divisor is written: 1 / 3.0 is 0.333, 1 / 3.000000 is 0.33333333.
# Good guess: 0.33333333333333333333, as PostgreSQL has it; a quotient of decimals has many decimals, as 1.00 / 3 has 22.
# Seen: H2 2.5.252 in its mode for PostgreSQL: 10000 times (1 / 3.0) is 3330.000.
# So: a share of an amount is off by reais, in tests on H2 only: multiply first and divide last, or cast the dividend to a DECIMAL.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.h2database</groupId><artifactId>h2</artifactId><version>2.5.252</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Sales.java <<'END'
import java.sql.DriverManager;

public class Sales {
    public static void main(String[] arguments) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:h2:mem:sales;MODE=PostgreSQL"); var statement = connection.createStatement()) {
            for (String sql : new String[] {
                "CREATE TABLE partner (shares INT)",
                "INSERT INTO partner VALUES (1)",
                "INSERT INTO partner VALUES (2)",
                "SELECT shares / 3.0 FROM partner",
                "SELECT 10000 * (shares / 3.0) FROM partner",
                "SELECT 10000.00 * shares / 3.0 FROM partner",
                "SELECT shares / 3.000000 FROM partner",
                "SELECT CAST(shares AS DECIMAL(12, 2)) / 3 FROM partner"
            }) {
                if (!statement.execute(sql)) {
                    continue;
                }
                var rows = statement.getResultSet();
                var text = new StringBuilder(sql.substring(7) + ":");
                while (rows.next()) {
                    for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                        text.append(" ").append(rows.getString(column));
                    }
                    text.append(";");
                }
                System.out.println(text);
            }
        }
    }
}
END

got=$(java -cp 'lib/*' Sales.java 2>/dev/null)

want=$(cat <<'END'
shares / 3.0 FROM partner: 0.333; 0.667;
10000 * (shares / 3.0) FROM partner: 3330.000; 6670.000;
10000.00 * shares / 3.0 FROM partner: 3333.33333; 6666.66667;
shares / 3.000000 FROM partner: 0.33333333; 0.66666667;
CAST(shares AS DECIMAL(12, 2)) / 3 FROM partner: 0.3333333333333333333333; 0.6666666666666666666667;
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
