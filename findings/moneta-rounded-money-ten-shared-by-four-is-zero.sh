#!/usr/bin/env bash
# What: Moneta's RoundedMoney divides to as many decimals as its digits happen to have: 10 divided by 4 is 2 when it was made of the
#   integer, and 0 when it was made of the text 10.00.
# Good guess: 2.50, as its product has two decimals, and as Moneta's Money gives.
# Seen: moneta-core 1.4.5: BRL 10 / 4 is 2, BRL 10.00 / 4 is 0, BRL 0.5 / 4 is 0.1; BRL 10.01 / 4 is 2.5. Nothing is said.
# So: divide Money, and round afterwards: `money.divide(4).with(Monetary.getDefaultRounding())`.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.javamoney.moneta</groupId><artifactId>moneta-core</artifactId><version>1.4.5</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Shares.java <<'END'
import java.math.BigDecimal;
import javax.money.Monetary;
import org.javamoney.moneta.Money;
import org.javamoney.moneta.RoundedMoney;

public class Shares {
    public static void main(String[] arguments) {
        System.out.println("of the integer 10: " + RoundedMoney.of(10, "BRL").divide(4));
        for (String text : new String[] {"10.00", "10.01", "0.5", "1000"}) {
            BigDecimal amount = new BigDecimal(text);
            System.out.println("of the text " + text + ": " + RoundedMoney.of(amount, "BRL").divide(4) + ", times 0.25 "
                + RoundedMoney.of(amount, "BRL").multiply(new BigDecimal("0.25")) + ", Money "
                + Money.of(amount, "BRL").divide(4).with(Monetary.getDefaultRounding()));
        }
    }
}
END

got=$(java -cp 'lib/*' Shares.java 2>/dev/null)

want=$(cat <<'END'
of the integer 10: BRL 2
of the text 10.00: BRL 0, times 0.25 BRL 2.5, Money BRL 2.5
of the text 10.01: BRL 2.5, times 0.25 BRL 2.5, Money BRL 2.5
of the text 0.5: BRL 0.1, times 0.25 BRL 0.12, Money BRL 0.12
of the text 1000: BRL 250, times 0.25 BRL 250, Money BRL 250
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
