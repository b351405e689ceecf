#!/usr/bin/env bash
# What: Kafka Connect's default converter for headers reads a text up to its first comma where that is a number, and throws the
#   rest away: the header "10,50" becomes 10, "1,234.56" becomes 1.
# Good guess: what is not a number as a whole stays the text that it is.
# Seen: connect-api 4.4.0, SimpleHeaderConverter there and back: "10,50" is "10", "1,234.56" is "1", "42,Rua Nova" is "42";
#   "Rua Nova,42" and "10;50" stay.
# So: reais lose their cents on the way from one topic to another without an error: set header.converter to ByteArrayConverter or
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
        for (String text : new String[] {"10,50", "1,234.56", "42,Rua Nova", "Rua Nova,42", "10;50"}) {
            SchemaAndValue read = converter.toConnectHeader("sales", "amount", text.getBytes(StandardCharsets.UTF_8));
            byte[] written = converter.fromConnectHeader("sales", "amount", read.schema(), read.value());
            System.out.println(text + ": " + read.schema().type() + ", written " + new String(written, StandardCharsets.UTF_8));
        }
    }
}
END

got=$(java -cp 'lib/*' Headers.java 2>/dev/null)

want=$(cat <<'END'
10,50: INT8, written 10
1,234.56: INT8, written 1
42,Rua Nova: INT8, written 42
Rua Nova,42: STRING, written Rua Nova,42
10;50: STRING, written 10;50
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
