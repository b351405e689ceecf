#!/usr/bin/env bash
# What: ObjectLab Kit's "modified following" calendar cannot count bank days over the end of a month: one bank day after Friday, 30
#   October, and ten bank days after it, are 30 October.
# Good guess: 3 and 16 November; the rule (the next bank day, unless that is in the next month) is for a date that is not
#   a bank day, and is laid on the day that was counted to.
# Seen: datecalc-jdk8 1.4.8, moveByBusinessDays: each single step is turned back, where the 31st is a Saturday. "forward" gives 3
#   and 16 November.
# So: money that is due the next bank day is due today, at the month's end only: count with "forward", and adjust afterwards.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>net.objectlab.kit</groupId><artifactId>datecalc-jdk8</artifactId><version>1.4.8</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.16</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Days.java <<'END'
import java.time.LocalDate;
import java.util.Set;
import net.objectlab.kit.datecalc.common.DefaultHolidayCalendar;
import net.objectlab.kit.datecalc.common.HolidayHandlerType;
import net.objectlab.kit.datecalc.jdk8.LocalDateKitCalculatorsFactory;

public class Days {
    public static void main(String[] arguments) {
        LocalDateKitCalculatorsFactory factory = LocalDateKitCalculatorsFactory.getDefaultInstance();
        factory.registerHolidays("BR", new DefaultHolidayCalendar<>(Set.of(LocalDate.of(2026, 11, 2))));
        for (String rule : new String[] {HolidayHandlerType.MODIFIED_FOLLOWING, HolidayHandlerType.FORWARD}) {
            StringBuilder text = new StringBuilder(rule + ":");
            for (int days : new int[] {0, 1, 2, 10}) {
                text.append(" ").append(days).append(" after 2026-10-30 is ").append(factory.getDateCalculator("BR", rule)
                    .setStartDate(LocalDate.of(2026, 10, 30)).moveByBusinessDays(days).getCurrentBusinessDate()).append(";");
            }
            System.out.println(text);
        }
    }
}
END

got=$(java -cp 'lib/*' Days.java 2>/dev/null)

want=$(cat <<'END'
modifiedFollowing: 0 after 2026-10-30 is 2026-10-30; 1 after 2026-10-30 is 2026-10-30; 2 after 2026-10-30 is 2026-10-30; 10 after 2026-10-30 is 2026-10-30;
forward: 0 after 2026-10-30 is 2026-10-30; 1 after 2026-10-30 is 2026-11-03; 2 after 2026-10-30 is 2026-11-04; 10 after 2026-10-30 is 2026-11-16;
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
