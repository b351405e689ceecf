#!/usr/bin/env bash
# What: the FEEL engine of Drools (KIE) compares times by the digits of the clock and not by their offsets: 20:00 UTC is not before
#   17:30 at -03:00 (20:30 UTC).
# Good guess: true; its own max and subtraction go by the offset, and so do its dates with times and Camunda's engine.
# Seen: kie-dmn-feel 10.2.0.
# So: a rule with a bank's cut-off takes an entry in UTC for three hours too late: compare dates with times, or subtract.
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
cat > CutOff.java <<'END'
import org.kie.dmn.feel.lang.impl.FEELBuilder;

public class CutOff {
    public static void main(String[] arguments) {
        var feel = FEELBuilder.builder().build();
        for (String expression : new String[] {
            "time(\"20:00:00Z\") < time(\"17:30:00-03:00\")",
            "time(\"20:00:00Z\") - time(\"17:30:00-03:00\")",
            "max([time(\"20:00:00Z\"), time(\"17:30:00-03:00\")])",
            "time(\"20:30:00Z\") = time(\"17:30:00-03:00\")",
            "time(\"20:30:00Z\") <= time(\"17:30:00-03:00\")",
            "date and time(\"2026-11-30T20:00:00Z\") < date and time(\"2026-11-30T17:30:00-03:00\")"
        }) {
            System.out.println(expression + ": " + feel.evaluate(expression));
        }
    }
}
END

got=$(java -cp 'lib/*' CutOff.java 2>/dev/null)

want=$(cat <<'END'
time("20:00:00Z") < time("17:30:00-03:00"): false
time("20:00:00Z") - time("17:30:00-03:00"): PT-30M
max([time("20:00:00Z"), time("17:30:00-03:00")]): 17:30-03:00
time("20:30:00Z") = time("17:30:00-03:00"): false
time("20:30:00Z") <= time("17:30:00-03:00"): false
date and time("2026-11-30T20:00:00Z") < date and time("2026-11-30T17:30:00-03:00"): true
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
