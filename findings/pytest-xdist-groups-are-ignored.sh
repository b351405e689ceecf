#!/usr/bin/env bash
# What: with pytest 9.2 the groups of pytest-xdist 3.8 (--dist loadgroup) do nothing, without an error; with pytest 9.1 they hold.
# Good guess: tests that are marked with one xdist_group run in one worker, or the run says that it cannot.
# Seen: pytest-xdist 3.8.0: twelve tests of one group run in one worker under pytest 9.1.1, in two under pytest 9.2.0.
# So: servers that a session or module shares are started once more in each worker, and nothing but the clock shows it.
# Our guard: pytest is bounded below 9.2, and tests/harness/test_groups.py fails when a test carries no group.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/test_group.py" <<'PY'
import os
import pathlib
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(12))
def test_of_the_group(number):
    pathlib.Path(os.environ["SEEN"], os.environ["PYTEST_XDIST_WORKER"]).touch()
    time.sleep(0.05)
PY

got=$(
    for version in 9.1.1 9.2.0; do
        python3 -m venv "$work/$version"
        "$work/$version/bin/pip" -q install --disable-pip-version-check --root-user-action=ignore "pytest==$version" pytest-xdist==3.8.0
        mkdir "$work/seen-$version"
        SEEN="$work/seen-$version" "$work/$version/bin/pytest" -q -p no:cacheprovider -n 2 --dist loadgroup "$work/test_group.py" > "$work/log"
        grep -q "12 passed" "$work/log"
        echo "pytest $version: workers of one group: $(ls "$work/seen-$version" | wc -l)"
    done
)

want=$(cat <<'END2'
pytest 9.1.1: workers of one group: 1
pytest 9.2.0: workers of one group: 2
END2
)
if [ "$got" != "$want" ]; then
    printf 'changed, now:\n%s\n' "$got"
    exit 1
fi
printf 'seen: %s\n' "$got"
