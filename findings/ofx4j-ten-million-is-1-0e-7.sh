#!/usr/bin/env bash
# What: ofx4j writes an amount that was set as a double with an exponent from ten millions on, where it is round: 10000000.00 becomes
#   <TRNAMT>1.0E+7, 15000000.00 becomes 1.5E+7; 9999999.99 and 12345678.00 do not.
# Good guess: OFX knows digits, a sign and a decimal mark in an amount, so 10000000 or 10000000.00.
# Seen: com.webcohesion.ofx4j:ofx4j 1.39. A BigDecimal of two decimals is written as 10000000.00.
# So: always setBigDecimalAmount with a scale of 2.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>com.webcohesion.ofx4j</groupId><artifactId>ofx4j</artifactId><version>1.39</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Amounts.java <<'END'
import com.webcohesion.ofx4j.domain.data.common.Transaction;
import com.webcohesion.ofx4j.domain.data.common.TransactionList;
import com.webcohesion.ofx4j.domain.data.common.TransactionType;
import com.webcohesion.ofx4j.io.AggregateMarshaller;
import com.webcohesion.ofx4j.io.v1.OFXV1Writer;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.Date;
import java.util.List;

public class Amounts {
    static String written(double amount, BigDecimal exact) throws Exception {
        Transaction line = new Transaction();
        line.setId("1");
        line.setTransactionType(TransactionType.CREDIT);
        line.setDatePosted(new Date(0));
        if (exact == null) {
            line.setAmount(amount);
        } else {
            line.setBigDecimalAmount(exact);
        }
        TransactionList list = new TransactionList();
        list.setStart(new Date(0));
        list.setEnd(new Date(0));
        list.setTransactions(List.of(line));
        StringWriter text = new StringWriter();
        OFXV1Writer writer = new OFXV1Writer(text);
        new AggregateMarshaller().marshal(list, writer);
        writer.close();
        return text.toString().replaceAll("(?s).*<TRNAMT>([^\\s<]*).*", "$1");
    }

    public static void main(String[] arguments) throws Exception {
        for (String amount : new String[] {"9999999.99", "10000000.00", "-15000000.00", "12345678.00"}) {
            System.out.println(amount + ": " + written(Double.parseDouble(amount), null) + ", exact " + written(0, new BigDecimal(amount)));
        }
    }
}
END

got=$(java -cp 'lib/*' Amounts.java 2>/dev/null)

want=$(cat <<'END'
9999999.99: 9999999.99, exact 9999999.99
10000000.00: 1.0E+7, exact 10000000.00
-15000000.00: -1.5E+7, exact -15000000.00
12345678.00: 12345678, exact 12345678.00
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
