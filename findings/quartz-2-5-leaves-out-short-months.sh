#!/usr/bin/env bash
# What: Quartz 2.5.0 runs a schedule for the last day of the month only in months of 31 days, and never on the last day of February;
#   2.5.0 and 2.5.1 leave out a month whose nearest weekday ("15W", "1W") is not the day itself but one after it.
# Good guess: L, LW and 15W in every month, as its own manual says and as 2.4.0 and 2.5.2 do.
# Seen: quartz 2.5.0, 2.5.1, 2.5.2, from January 2026: L is January, March, May in 2.5.0; 15W is January, April, May in 2.5.0 and
#   2.5.1 (15 February and March are Sundays); 2.5.2 gives all months.
# So: a monthly close is left out without an error, up to five times a year: Spring Boot 3.5.0 brings 2.5.0, so ask for 2.5.2.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
cat > Times.java <<'END'
import java.time.Instant;
import java.util.Date;
import java.util.TimeZone;
import org.quartz.CronExpression;

public class Times {
    public static void main(String[] arguments) throws Exception {
        for (String days : new String[] {"L *", "LW *", "15W *", "1W *", "L 2"}) {
            CronExpression expression = new CronExpression("0 0 12 " + days + " ?");
            expression.setTimeZone(TimeZone.getTimeZone("UTC"));
            Date time = Date.from(Instant.parse("2026-01-01T13:00:00Z"));
            System.out.print(arguments[0] + " " + days + ":");
            for (int count = 0; count < 4 && time != null; count++) {
                time = expression.getNextValidTimeAfter(time);
                System.out.print(time == null ? " never" : " " + time.toInstant().toString().substring(0, 10));
            }
            System.out.println();
        }
    }
}
END
got=$(for version in 2.5.0 2.5.1 2.5.2; do
    cat > pom.xml <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.quartz-scheduler</groupId><artifactId>quartz</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
END
    mvn -q -B dependency:copy-dependencies -DoutputDirectory="lib-$version" >maven.log 2>&1 || { cat maven.log; exit 1; }
    java -cp "lib-$version/*" Times.java "$version" 2>/dev/null
done)

want=$(cat <<'END'
2.5.0 L *: 2026-01-31 2026-03-31 2026-05-31 2026-07-31
2.5.0 LW *: 2026-01-30 2026-03-31 2026-05-29 2026-07-31
2.5.0 15W *: 2026-01-15 2026-04-15 2026-05-15 2026-06-15
2.5.0 1W *: 2026-04-01 2026-05-01 2026-06-01 2026-07-01
2.5.0 L 2: never
2.5.1 L *: 2026-01-31 2026-02-28 2026-03-31 2026-04-30
2.5.1 LW *: 2026-01-30 2026-02-27 2026-03-31 2026-04-30
2.5.1 15W *: 2026-01-15 2026-04-15 2026-05-15 2026-06-15
2.5.1 1W *: 2026-04-01 2026-05-01 2026-06-01 2026-07-01
2.5.1 L 2: 2026-02-28 2027-02-28 2028-02-29 2029-02-28
2.5.2 L *: 2026-01-31 2026-02-28 2026-03-31 2026-04-30
2.5.2 LW *: 2026-01-30 2026-02-27 2026-03-31 2026-04-30
2.5.2 15W *: 2026-01-15 2026-02-16 2026-03-16 2026-04-15
2.5.2 1W *: 2026-02-02 2026-03-02 2026-04-01 2026-05-01
2.5.2 L 2: 2026-02-28 2027-02-28 2028-02-29 2029-02-28
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
