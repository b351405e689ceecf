#!/usr/bin/env bash
# What: Kafka Connect's default converter for headers takes a text that looks like an amount for a binary number of 32 bits, and
#   passes that on: the header 1234567.89 becomes 1234567.9.
# Good guess: a header that no connector looks into comes out as it went in; or a decimal, as the converter knows one.
# Seen: connect-api 4.4.0, SimpleHeaderConverter there and back: 10.50 is 10.5, 200000.35 is 200000.34, 1234567.89 is 1234567.9 and
#   12345678901234.56 is 1.2345679E13.
# So: amounts in headers are changed on the way from one topic to another: set header.converter to ByteArrayConverter or
#   StringConverter wherever a connector passes headers on.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-api</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Headers.java <<'END'
import java.nio.charset.StandardCharsets;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;

public class Headers {
    public static void main(String[] arguments) {
        SimpleHeaderConverter converter = new SimpleHeaderConverter();
        for (String text : new String[] {"10.50", "200000.35", "1234567.89", "12345678901234.56"}) {
            SchemaAndValue read = converter.toConnectHeader("sales", "amount", text.getBytes(StandardCharsets.UTF_8));
            byte[] written = converter.fromConnectHeader("sales", "amount", read.schema(), read.value());
            System.out.println(text + ": " + read.schema().type() + ", written " + new String(written, StandardCharsets.UTF_8));
        }
    }
}
END

got=$(java -cp 'lib/*' Headers.java 2>/dev/null)

want=$(cat <<'END'
10.50: FLOAT32, written 10.5
200000.35: FLOAT32, written 200000.34
1234567.89: FLOAT32, written 1234567.9
12345678901234.56: FLOAT32, written 1.2345679E13
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
