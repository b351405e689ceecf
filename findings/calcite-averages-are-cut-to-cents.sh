#!/usr/bin/env bash
# What: Apache Calcite cuts the average of decimals to their own scale, towards zero: of 10.50 and 10.51 it is 10.50, of 0.01 and
#   0.02 it is 0.01. STDDEV_POP and VAR_POP are cut so as well; SUM / COUNT is not.
# Good guess: an average has more decimals than the column (as in PostgreSQL, MySQL, Derby), or is at least rounded; AVG(a) is
#   SUM(a) / COUNT(*).
# Seen: calcite-core 1.42.0, its own engine over JDBC: AVG of DECIMAL(10, 2) is a DECIMAL(10, 2).
# So: average CAST(a AS DECIMAL(14, 6)), or divide the sum, and round that.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.calcite</groupId><artifactId>calcite-core</artifactId><version>1.42.0</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Averages.java <<'END'
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;

public class Averages {
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:calcite:")) {
            for (String[] pair : new String[][] {{"10.50", "10.51"}, {"0.01", "0.02"}, {"-10.50", "-10.51"}}) {
                ResultSet row = connection.createStatement().executeQuery("SELECT AVG(a), SUM(a) / COUNT(*), AVG(CAST(a AS DECIMAL(14, 6))),"
                    + " STDDEV_POP(a) FROM (VALUES (CAST(" + pair[0] + " AS DECIMAL(10, 2))), (" + pair[1] + ")) AS t(a)");
                row.next();
                System.out.println(pair[0] + " " + pair[1] + ": AVG " + row.getString(1) + ", SUM / COUNT " + row.getString(2)
                    + ", AVG of more decimals " + row.getString(3) + ", STDDEV_POP " + row.getString(4));
            }
        }
    }
}
END

got=$(java -cp 'lib/*' Averages.java 2>/dev/null)

want=$(cat <<'END'
10.50 10.51: AVG 10.50, SUM / COUNT 10.505, AVG of more decimals 10.505000, STDDEV_POP 0.00
0.01 0.02: AVG 0.01, SUM / COUNT 0.015, AVG of more decimals 0.015000, STDDEV_POP 0.00
-10.50 -10.51: AVG -10.50, SUM / COUNT -10.505, AVG of more decimals -10.505000, STDDEV_POP 0.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
