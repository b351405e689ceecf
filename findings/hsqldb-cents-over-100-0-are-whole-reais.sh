#!/usr/bin/env bash
# What: HSQLDB divides a whole number by a decimal as whole numbers: cents / 100.0 is whole reais, 1 / 3.0 is 0.
# Good guess: 12.34, as PostgreSQL, H2 and Derby have it: a decimal on either side makes the quotient a decimal.
# Seen: HSQLDB 2.7.4, with and without its PostgreSQL syntax: 1234 / 100.0 is 12, and 99 / 100.0 is 0; 1234 * 0.01 is 12.34.
# So: a test on HSQLDB sees no cents where production has them: write cents * 0.01, or cast the cents first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.hsqldb</groupId><artifactId>hsqldb</artifactId><version>2.7.4</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Sales.java <<'END'
import java.sql.DriverManager;

public class Sales {
    public static void main(String[] arguments) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:hsqldb:mem:sales;sql.syntax_pgs=true"); var statement = connection.createStatement()) {
            for (String sql : new String[] {
                "CREATE TABLE sale (cents BIGINT)",
                "INSERT INTO sale VALUES (1234)",
                "INSERT INTO sale VALUES (99)",
                "SELECT cents / 100.0 FROM sale",
                "SELECT cents * 0.01 FROM sale",
                "SELECT CAST(cents AS DECIMAL(12, 2)) / 100 FROM sale",
                "SELECT 1 / 3.0 FROM sale",
                "SELECT 1.00 / 3 FROM sale"
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
cents / 100.0 FROM sale: 12; 0;
cents * 0.01 FROM sale: 12.34; 0.99;
CAST(cents AS DECIMAL(12, 2)) / 100 FROM sale: 12.34; 0.99;
1 / 3.0 FROM sale: 0; 0;
1.00 / 3 FROM sale: 0.33; 0.33;
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
