#!/usr/bin/env bash
# What: Camunda's FEEL engine takes one moment, written with two offsets, for two: 02:30 UTC is later than 23:30 at -03:00, though
#   their difference is zero, and 23:30 at -03:00 is not 23:30 in America/Sao_Paulo.
# Good guess: equal, as KIE's engine has it: with an offset both are moments.
# Seen: feel-engine 1.21.0: "=" and "<=" are false, ">" is true; a range that ends at a moment leaves it out in UTC.
# So: a rule for an instant that is due finds it late: bring both to one offset first, or compare their difference with a duration.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.camunda.feel</groupId><artifactId>feel-engine</artifactId><version>1.21.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.16</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Moments.java <<'END'
import java.util.Map;
import org.camunda.feel.api.FeelEngineBuilder;

public class Moments {
    public static void main(String[] arguments) {
        var feel = FeelEngineBuilder.forJava().build();
        for (String expression : new String[] {
            "date and time(\"2026-12-01T02:30:00Z\") - date and time(\"2026-11-30T23:30:00-03:00\")",
            "date and time(\"2026-12-01T02:30:00Z\") = date and time(\"2026-11-30T23:30:00-03:00\")",
            "date and time(\"2026-12-01T02:30:00Z\") <= date and time(\"2026-11-30T23:30:00-03:00\")",
            "date and time(\"2026-12-01T02:30:00Z\") > date and time(\"2026-11-30T23:30:00-03:00\")",
            "date and time(\"2026-11-30T23:30:00-03:00\") = date and time(\"2026-11-30T23:30:00@America/Sao_Paulo\")",
            "date and time(\"2026-12-01T03:00:00Z\") in [date and time(\"2026-11-01T00:00:00-03:00\")..date and time(\"2026-12-01T00:00:00-03:00\")]",
            "list contains([date and time(\"2026-12-01T02:30:00Z\")], date and time(\"2026-11-30T23:30:00-03:00\"))"
        }) {
            System.out.println(expression + ": " + feel.evaluateExpression(expression, Map.of()).result());
        }
    }
}
END

got=$(java -cp 'lib/*' Moments.java 2>/dev/null)

want=$(cat <<'END'
date and time("2026-12-01T02:30:00Z") - date and time("2026-11-30T23:30:00-03:00"): PT0S
date and time("2026-12-01T02:30:00Z") = date and time("2026-11-30T23:30:00-03:00"): false
date and time("2026-12-01T02:30:00Z") <= date and time("2026-11-30T23:30:00-03:00"): false
date and time("2026-12-01T02:30:00Z") > date and time("2026-11-30T23:30:00-03:00"): true
date and time("2026-11-30T23:30:00-03:00") = date and time("2026-11-30T23:30:00@America/Sao_Paulo"): false
date and time("2026-12-01T03:00:00Z") in [date and time("2026-11-01T00:00:00-03:00")..date and time("2026-12-01T00:00:00-03:00")]: false
list contains([date and time("2026-12-01T02:30:00Z")], date and time("2026-11-30T23:30:00-03:00")): false
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
