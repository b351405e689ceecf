"""Tests run on their own, for a file that shows what was tried: how each ended, when, at which commit."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.harness.commit import commit

ROOT = Path(__file__).parents[2]
OUTCOMES = ("passed", "failed", "skipped")


def when(written: Path) -> dict[str, str]:
    """The date and the commit that is tried; the file that is written and its page do not count as changes."""
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit(written, written.with_suffix(".md"))}


def outcomes(*arguments: str, variables: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The names of the tests that passed, failed and were skipped, and what they recorded; what failed is printed."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        command = ["-m", "pytest", "-q", "-n", "0", "--no-header", "--tb=short", "--junitxml"]
        done = subprocess.run(
            [sys.executable, *command, report, *arguments],
            cwd=ROOT,
            env=os.environ | (variables or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        told = list(_told(report)) if report.exists() else [("failed", "it could not be run")]
    by_outcome = {how: [name for outcome, name in told if outcome == how] for how in OUTCOMES}
    recorded = [each for outcome, each in told if outcome == "recorded"]
    if by_outcome["failed"]:
        print(done.stdout[-20_000:])  # noqa: T201 - for commands
    return by_outcome | ({"recorded": recorded} if recorded else {})


def counts(by_outcome: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{len(by_outcome[how])} {how}" for how in OUTCOMES if by_outcome[how])


def _told(report: Path) -> Iterator[tuple[str, str]]:
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest's own
        kinds = {part.tag for part in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        yield outcome, f"{case.get('classname', '').rpartition('.')[2]}: {case.get('name')}"
        for each in case.iter("property"):
            yield "recorded", f"{each.get('name')}: {each.get('value')}"
