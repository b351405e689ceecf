# ruff: noqa: T201 - a command prints
"""Tries the chart on a control plane of Kubernetes and on a node, with three operators' definitions and KEDA's scaler.

Writes docs/operating/kubernetes.json, and the page that shows it. Exit status: 0 when all of it was run and passed.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.harness.trial import counts, outcomes, when  # noqa: E402 - the root's packages are found only now
from tests.kubernetes.page import page  # noqa: E402
from tests.kubernetes.programs import build, build_scaler, versions, what_is_missing  # noqa: E402

RESULTS = ROOT / "docs" / "operating" / "kubernetes.json"
STORIES = ("objects", "releases", "running", "keda_scaler")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/kubernetes", description=__doc__)
    parser.add_argument("--only", choices=STORIES, help="one of the stories; the results of the others stay")
    chosen = parser.parse_args().only
    if missing := what_is_missing():
        print(f"Kubernetes was not tried: {missing}")
        return 1
    print("Building what is not in the cache yet; half an hour the first time …", flush=True)
    try:
        build()
        build_scaler()
    except subprocess.SubprocessError as error:
        print(f"Kubernetes was not tried: it could not be built ({error})")
        return 1
    tried = orjson.loads(RESULTS.read_bytes())["stories"] if RESULTS.exists() else {}
    # Before anything is written.
    known = {"versions": versions(), **when(RESULTS)}
    wanted = [chosen] if chosen else STORIES
    for name in wanted:
        since = time.monotonic()
        told = outcomes(f"tests/kubernetes/{name}.py")
        seconds = round(time.monotonic() - since)
        print(f"{name}: {counts(told)} in {seconds} s", flush=True)
        tried[name] = known | told | {"seconds": seconds}
    shown = {"stories": {name: tried[name] for name in STORIES if name in tried}}
    RESULTS.write_bytes(orjson.dumps(shown, option=orjson.OPT_INDENT_2) + b"\n")
    RESULTS.with_suffix(".md").write_text(page(shown["stories"]))
    return 1 if any(tried[name]["failed"] or tried[name]["skipped"] for name in wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
