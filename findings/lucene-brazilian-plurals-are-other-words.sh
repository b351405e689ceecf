#!/usr/bin/env bash
# What: Lucene's BrazilianAnalyzer, made for Brazilian Portuguese, gives "transação" and "transações" two stems, so that a search
#   for one does not find the other; its PortugueseAnalyzer gives them one.
# Good guess: one stem for both: that "-ões" is the plural of "-ão" is what a stemmer of this language is for.
# Seen: lucene-analysis-common 9.12.0: transação, devolução, comissão, cartão, and also fiscal, papel, aluguel are not found by
#   their plurals; cobrança and débito are.
# So: search entries' texts with PortugueseAnalyzer (whose "cartão" is found by "carta"), or with a list of your own.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > pom.xml <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.lucene</groupId><artifactId>lucene-analysis-common</artifactId><version>9.12.0</version></dependency>
  </dependencies>
</project>
END
mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >maven.log 2>&1 || { cat maven.log; exit 1; }
cat > Stems.java <<'END'
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.br.BrazilianAnalyzer;
import org.apache.lucene.analysis.pt.PortugueseAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

public class Stems {
    static String stem(Analyzer analyzer, String word) throws Exception {
        try (TokenStream stream = analyzer.tokenStream("text", word)) {
            CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
            stream.reset();
            stream.incrementToken();
            return term.toString();
        }
    }

    public static void main(String[] arguments) throws Exception {
        String[][] pairs = {{"transação", "transações"}, {"devolução", "devoluções"}, {"comissão", "comissões"}, {"cartão", "cartões"},
            {"fiscal", "fiscais"}, {"papel", "papéis"}, {"aluguel", "aluguéis"}, {"cobrança", "cobranças"}, {"débito", "débitos"}};
        for (Analyzer analyzer : new Analyzer[] {new BrazilianAnalyzer(), new PortugueseAnalyzer()}) {
            StringBuilder text = new StringBuilder(analyzer.getClass().getSimpleName() + ":");
            for (String[] pair : pairs) {
                String one = stem(analyzer, pair[0]);
                String many = stem(analyzer, pair[1]);
                text.append(" ").append(one.equals(many) ? one : one + "/" + many);
            }
            System.out.println(text);
        }
    }
}
END

got=$(java -Dfile.encoding=UTF-8 -cp 'lib/*' Stems.java 2>/dev/null)

want=$(cat <<'END'
BrazilianAnalyzer: transaca/transaco devoluca/devoluco comissa/comisso carta/carto fiscal/fisc papel/pap aluguel/alugu cobranc debit
PortugueseAnalyzer: transaca devoluca comissa carta fiscal papel aluguel cobranc debit
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
