#!/usr/bin/env bash
# What: MVEL multiplies a BigDecimal by the number 0.1 of an expression with all digits of the double: 10.50 * 0.1 is
#   1.050000000000000058286708792820718, and so it is not 1.05.
# Good guess: 1.050, as JEXL reads the same expression (by way of the double's text); MVEL calculates with BigDecimals otherwise.
# Seen: mvel2 2.5.2.Final: total * 1.1 == 11.55 is false for a total of 10.50, total + 0.1 is 10.600...0555; with 0.1B all are
#   right. commons-jexl3 3.4.0: 1.050, 10.60, true.
# So: a limit or a fee in a rule misses by what nobody sees: write decimal literals with B, or give rates as variables.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.mvel</groupId><artifactId>mvel2</artifactId><version>2.5.2.Final</version></dependency>
    <dependency><groupId>org.apache.commons</groupId><artifactId>commons-jexl3</artifactId><version>3.4.0</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Rules.java <<'END'
import java.math.BigDecimal;
import java.util.Map;
import org.apache.commons.jexl3.JexlBuilder;
import org.apache.commons.jexl3.MapContext;
import org.mvel2.MVEL;

public class Rules {
    public static void main(String[] arguments) {
        Map<String, Object> values = Map.of("total", new BigDecimal("10.50"), "rate", new BigDecimal("0.1"));
        for (String rule : new String[] {"total * 0.1", "total + 0.1", "total * 1.1 == 11.55", "total * rate", "total * 0.1B"}) {
            Object other = new JexlBuilder().create().createExpression(rule).evaluate(new MapContext(values));
            System.out.println(rule + ": MVEL " + MVEL.eval(rule, values) + ", JEXL " + other);
        }
    }
}
END

got=$(java -cp 'lib/*' Rules.java 2>/dev/null)

want=$(cat <<'END'
total * 0.1: MVEL 1.050000000000000058286708792820718, JEXL 1.050
total + 0.1: MVEL 10.60000000000000000555111512312578, JEXL 10.60
total * 1.1 == 11.55: MVEL false, JEXL true
total * rate: MVEL 1.050, JEXL 1.050
total * 0.1B: MVEL 1.050, JEXL 1.050
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
