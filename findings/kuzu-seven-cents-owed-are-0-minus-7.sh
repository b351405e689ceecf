#!/usr/bin/env bash
# What: Kuzu writes a negative decimal of less than ten cents with the minus after the point: -0.07 is "0.-7". So in texts, in JSON
#   and in files; its own COPY cannot read such a file again, and its Python library cannot read such a value at all.
# Good guess: "-0.07", as it writes 0.07, -0.50 and -1.07.
# Seen: kuzu 0.11.3: "0.-7" for -0.07 and "0.-1" for -0.01; the row in Python is an error (decimal.ConversionSyntax).
# So: keep cents as INT64, or cast amounts to DOUBLE on the way out: one line of a few cents makes a whole result unreadable.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore kuzu==0.11.3

got=$("$work/venv/bin/python" - "$work" <<'END'
import sys
import kuzu

base = kuzu.Connection(kuzu.Database(":memory:"))
base.execute("CREATE NODE TABLE entry(id INT64, amount DECIMAL(10, 2), PRIMARY KEY (id))")
for number, amount in enumerate(["0.07", "-0.07", "-0.50", "-1.07", "-0.01"]):
    base.execute("CREATE (:entry {id: $id, amount: CAST($amount AS DECIMAL(10, 2))})", {"id": number, "amount": amount})
    row = base.execute(
        "MATCH (e:entry) WHERE e.id = $id RETURN CAST(e.amount AS STRING), to_json(e.amount), CAST(e.amount AS DOUBLE)", {"id": number}
    ).get_next()
    try:
        read = base.execute("MATCH (e:entry) WHERE e.id = $id RETURN e.amount", {"id": number}).get_next()
    except ArithmeticError as error:
        read = type(error).__name__
    print(f"{amount}:", *row, read)
file = sys.argv[1] + "/entries.csv"
base.execute(f"COPY (MATCH (e:entry) RETURN e.id, e.amount) TO '{file}'")
base.execute("CREATE NODE TABLE again(id INT64, amount DECIMAL(10, 2), PRIMARY KEY (id))")
try:
    base.execute(f"COPY again FROM '{file}' (header=false)")
    print("read again")
except RuntimeError as error:
    print(str(error).split(": ")[-1])
END
)

want=$(cat <<'END'
0.07: 0.07 "0.07" 0.07 [Decimal('0.07')]
-0.07: 0.-7 "0.-7" -0.07 InvalidOperation
-0.50: -0.50 "-0.50" -0.5 [Decimal('-0.50')]
-1.07: -1.07 "-1.07" -1.07 [Decimal('-1.07')]
-0.01: 0.-1 "0.-1" -0.01 InvalidOperation
'1,0.-7'
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
