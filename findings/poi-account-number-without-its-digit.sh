#!/usr/bin/env bash
# What: Apache POI's DataFormatter shows the masks of Brazilian numbers wrong: the account 123456 in the format `00000-0` as
#   "123456-", a postcode as "01-310-100", a CNPJ as 1,12223E13.
# Good guess: what a spreadsheet shows: 12345-6, 01310-100 and 11.222.333/0001-81.
# Seen: poi 5.5.1, locale pt-BR: the account's hyphen comes last, the postcode's is repeated as separators of thousands are, and
#   the CNPJ's format is taken for General.
# So: an importer that reads cells "as shown" to save leading zeros gets numbers that nobody can look up: take the raw value and
#   lay your own mask on it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.poi</groupId><artifactId>poi</artifactId><version>5.5.1</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Masks.java <<'END'
import java.util.Locale;
import org.apache.poi.ss.usermodel.DataFormatter;

public class Masks {
    public static void main(String[] arguments) {
        DataFormatter formatter = new DataFormatter(new Locale("pt", "BR"));
        System.out.println("account " + formatter.formatRawCellContents(123456, 200, "00000-0")
            + ", postcode " + formatter.formatRawCellContents(1310100, 200, "00000-000")
            + ", CNPJ " + formatter.formatRawCellContents(11222333000181d, 200, "00\".\"000\".\"000\"/\"0000\"-\"00"));
    }
}
END

got=$(java -Dlog4j2.StatusLogger.level=OFF -cp 'lib/*' Masks.java 2>/dev/null)

want=$(cat <<'END'
account 123456-, postcode 01-310-100, CNPJ 1,12223E13
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
