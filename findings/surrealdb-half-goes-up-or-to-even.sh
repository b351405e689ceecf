#!/usr/bin/env bash
# What: SurrealDB's math::round takes a half away from zero for a float, and to the even neighbour for a decimal: 2.5 is 3,
#   2.5dec is 2. math::fixed, which rounds to cents, goes to even for both: 0.125dec is 0.12.
# Good guess: one function has one rule; the kind of number does not change a half that both of them hold exactly.
# Seen: surrealdb (PyPI) 2.0.0, the engine in memory that comes with it.
# So: a half that must go up goes through math::floor(amount * 100 + 0.5dec) / 100dec, or is rounded before it is stored.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore surrealdb==2.0.0

got=$("$work/venv/bin/python" - <<'END'
from surrealdb import Surreal

base = Surreal("mem://")
base.use("finding", "finding")
for number in ["0.5", "2.5", "3.5", "-2.5"]:
    print(number, *base.query(f"RETURN [math::round({number}), math::round({number}dec)]"))
for number in ["0.125", "0.375"]:
    print(number, *base.query(f"RETURN [math::fixed({number}, 2), math::fixed({number}dec, 2)]"))
END
)

want=$(cat <<'END'
0.5 1.0 0
2.5 3.0 2
3.5 4.0 4
-2.5 -3.0 -2
0.125 0.12 0.12
0.375 0.38 0.38
END
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
