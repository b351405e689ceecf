#!/usr/bin/env bash
# What: Prowide Core gives an MT940's entry date, which is a month and a day, the year in which the program runs: an entry valued
#   and booked on 28 December 2019 was booked on 28 December of this year.
# Good guess: the year of the value date beside it in the same field, or no date at all, as the field has no year.
# Seen: pw-swift-core SRU2025-10.3.19, Field61.getEntryDateAsCalendar().
# So: the same file read before and after New Year books its entries in two different years: take the year from the value date,
#   and the one before or after it where that is nearer.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.prowidesoftware</groupId><artifactId>pw-swift-core</artifactId><version>SRU2025-10.3.19</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Entry.java <<'END'
import com.prowidesoftware.swift.model.field.Field61;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Calendar;

public class Entry {
    static LocalDate day(Calendar calendar) {
        return calendar.toInstant().atZone(ZoneId.systemDefault()).toLocalDate();
    }

    public static void main(String[] arguments) {
        Field61 line = new Field61("1912281228C100,00NTRFNONREF");
        LocalDate booked = day(line.getEntryDateAsCalendar());
        System.out.println("valued " + day(line.getValueDateAsCalendar()) + ", booked " + booked.getDayOfMonth() + "/"
            + booked.getMonthValue() + " of " + (booked.getYear() == LocalDate.now().getYear() ? "this year" : booked.getYear()));
    }
}
END

got=$(java -cp 'lib/*' Entry.java 2>/dev/null)

want=$(cat <<'END'
valued 2019-12-28, booked 28/12 of this year
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
