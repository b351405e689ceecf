#!/usr/bin/env bash
# What: cron-utils takes a Sunday for the weekday nearest to a day that is the last of its month: "31W" of May 2026 is Sunday the
#   31st. In a month that lacks the day it throws an exception.
# Good guess: Friday the 29th (W does not leave the month, and a weekday is Monday to Friday); a month without the day is left out.
#   Quartz, whose notation it reads, does both.
# Seen: cron-utils 9.2.1: 30W of November 2025 is Sunday the 30th, 28W of February 2027 Sunday the 28th; a Saturday there is right.
#   31W in April: DateTimeException "Invalid date". quartz 2.5.2: 29 May, 28 November, 26 February.
# So: a payment on "the bank day nearest to the end" falls on a Sunday, or a scheduler stops in April: write LW.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.cronutils</groupId><artifactId>cron-utils</artifactId><version>9.2.1</version></dependency>
    <dependency><groupId>org.quartz-scheduler</groupId><artifactId>quartz</artifactId><version>2.5.2</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Times.java <<'END'
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Date;
import java.util.Locale;
import java.util.TimeZone;
import org.quartz.CronExpression;

public class Times {
    static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("EEE d MMM", Locale.ENGLISH);

    static void show(String days, LocalDate from) throws Exception {
        String expression = "0 0 12 " + days + " ?";
        ZonedDateTime start = from.atStartOfDay(ZoneOffset.UTC);
        String first;
        try {
            CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ));
            first = DAY.format(ExecutionTime.forCron(parser.parse(expression)).nextExecution(start).get());
        } catch (DateTimeException error) {
            first = error.getMessage();
        }
        CronExpression other = new CronExpression(expression);
        other.setTimeZone(TimeZone.getTimeZone("UTC"));
        Date second = other.getNextValidTimeAfter(Date.from(start.toInstant()));
        System.out.println(days + " after " + from + ": cron-utils " + first + ", Quartz "
            + DAY.format(second.toInstant().atZone(ZoneOffset.UTC)));
    }

    public static void main(String[] arguments) throws Exception {
        show("31W *", LocalDate.of(2026, 5, 1));
        show("31W *", LocalDate.of(2025, 5, 1));
        show("30W *", LocalDate.of(2025, 11, 1));
        show("28W 2", LocalDate.of(2027, 1, 1));
        show("31W *", LocalDate.of(2026, 4, 1));
    }
}
END

got=$(java -cp 'lib/*' Times.java 2>/dev/null)

want=$(cat <<'END'
31W * after 2026-05-01: cron-utils Sun 31 May, Quartz Fri 29 May
31W * after 2025-05-01: cron-utils Fri 30 May, Quartz Fri 30 May
30W * after 2025-11-01: cron-utils Sun 30 Nov, Quartz Fri 28 Nov
28W 2 after 2027-01-01: cron-utils Sun 28 Feb, Quartz Fri 26 Feb
31W * after 2026-04-01: cron-utils Invalid date 'APRIL 31', Quartz Fri 29 May
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
