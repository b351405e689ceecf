#!/usr/bin/env bash
# What: HSQLDB rounds what is stored or cast half down: a fee of 1.005 becomes 1.00 in a DECIMAL(12, 2), and one of 1.006 becomes 1.01.
# Good guess: half up, as PostgreSQL, H2 and HSQLDB's own ROUND have it, or a plain cut, as Derby has it.
# Seen: HSQLDB 2.7.4: INSERT and CAST give 1.00, 2.67 and -1.00 for 1.005, 2.675 and -1.005; ROUND(fee, 2) 1.01, 2.68 and -1.01.
# So: a test of fees on HSQLDB is a cent off PostgreSQL wherever half a cent comes up: write ROUND before storing.
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
cat > Fees.java <<'END'
import java.sql.DriverManager;

public class Fees {
    public static void main(String[] arguments) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:hsqldb:mem:sales"); var statement = connection.createStatement()) {
            for (String sql : new String[] {
                "CREATE TABLE fee (raw DECIMAL(12, 3), stored DECIMAL(12, 2))",
                "INSERT INTO fee VALUES (1.005, 1.005)",
                "INSERT INTO fee VALUES (1.006, 1.006)",
                "INSERT INTO fee VALUES (2.675, 2.675)",
                "INSERT INTO fee VALUES (-1.005, -1.005)",
                "SELECT raw, stored FROM fee",
                "SELECT CAST(raw AS DECIMAL(12, 2)) FROM fee",
                "SELECT ROUND(raw, 2) FROM fee"
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

got=$(java -cp 'lib/*' Fees.java 2>/dev/null)

want=$(cat <<'END'
raw, stored FROM fee: 1.005 1.00; 1.006 1.01; 2.675 2.67; -1.005 -1.00;
CAST(raw AS DECIMAL(12, 2)) FROM fee: 1.00; 1.01; 2.67; -1.00;
ROUND(raw, 2) FROM fee: 1.01; 1.01; 2.68; -1.01;
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
