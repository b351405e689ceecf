#!/usr/bin/env bash
# What: Spring's CronExpression gives no time at all on a day whose midnight does not exist: "0 0 0 * * *" goes from the 3rd to the
#   5th. A time that comes twice it gives twice.
# Good guess: one time on each day, 01:00 where there is no midnight, as cron-parser for JavaScript and cronsim for Python have it.
# Seen: spring-context 7.0.10, America/Sao_Paulo: clocks forward at midnight of 2018-11-04, back to 23:00 at midnight of 2018-02-18.
# So: a job that closes each day leaves a day open once a year, and one at 23:30 closes a day twice: close every day up to
#   yesterday that is still open, whenever the job runs (Santiago, Cairo, Beirut and Havana still have such a night).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.springframework</groupId><artifactId>spring-context</artifactId><version>7.0.10</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Times.java <<'END'
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.springframework.scheduling.support.CronExpression;

public class Times {
    static void show(String expression, LocalDate from) {
        ZonedDateTime time = from.atTime(12, 0).atZone(ZoneId.of("America/Sao_Paulo"));
        StringBuilder text = new StringBuilder(expression + ":");
        for (int count = 0; count < 3; count++) {
            time = CronExpression.parse(expression).next(time);
            text.append(" ").append(time.toOffsetDateTime());
        }
        System.out.println(text);
    }

    public static void main(String[] arguments) {
        show("0 0 0 * * *", LocalDate.of(2018, 11, 2));
        show("0 30 23 * * *", LocalDate.of(2018, 2, 17));
    }
}
END

got=$(java -cp 'lib/*' Times.java 2>/dev/null)

want=$(cat <<'END'
0 0 0 * * *: 2018-11-03T00:00-03:00 2018-11-05T00:00-02:00 2018-11-06T00:00-02:00
0 30 23 * * *: 2018-02-17T23:30-02:00 2018-02-17T23:30-03:00 2018-02-18T23:30-03:00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
