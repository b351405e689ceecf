#!/usr/bin/env bash
# What: the FEEL engine of Drools (KIE) takes 10.5 and 10.50 for one number, and for two in a list: distinct values([10.5, 10.50])
#   has both, [10.5] is not [10.50], and mode leaves out the amount that comes most often.
# Good guess: one number; its own list contains says that 10.50 is in [10.5], and Camunda's engine gives one distinct value.
# Seen: kie-dmn-feel 10.2.0: distinct values, union, mode and the comparison of lists and contexts go by the digits as written.
# So: a rule that counts different amounts counts one twice where two sources write cents differently: map decimal(item, 2) first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.kie</groupId><artifactId>kie-dmn-feel</artifactId><version>10.2.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.16</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Amounts.java <<'END'
import org.kie.dmn.feel.lang.impl.FEELBuilder;

public class Amounts {
    public static void main(String[] arguments) {
        var feel = FEELBuilder.builder().build();
        for (String expression : new String[] {
            "10.5 = 10.50",
            "list contains([10.5], 10.50)",
            "distinct values([10.5, 10.50, 7])",
            "count(distinct values([10.5, 10.50]))",
            "mode([10.5, 10.50, 7, 7, 10.500])",
            "[10.5] = [10.50]",
            "union([10.5], [10.50])"
        }) {
            System.out.println(expression + ": " + feel.evaluate(expression));
        }
    }
}
END

got=$(java -cp 'lib/*' Amounts.java 2>/dev/null)

want=$(cat <<'END'
10.5 = 10.50: true
list contains([10.5], 10.50): true
distinct values([10.5, 10.50, 7]): [10.5, 10.50, 7]
count(distinct values([10.5, 10.50])): 2
mode([10.5, 10.50, 7, 7, 10.500]): [7]
[10.5] = [10.50]: false
union([10.5], [10.50]): [10.5, 10.50]
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
