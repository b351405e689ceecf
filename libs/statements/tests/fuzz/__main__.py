"""Fuzzes every reader of statements by coverage, one after the other and again, and writes down what came of it.

    make fuzz MINUTES=60

Needs atheris (the dependency group `fuzz`). What is found stays in the folder that is printed, each fault with its
input and where it was raised; it ends with 1 if there is one.
"""

import argparse
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[4]
SAMPLES: Final = ROOT / "libs" / "statements" / "tests" / "samples"
PAGE: Final = ROOT / "docs" / "fuzzing.md"
HEAD: Final = """# Fuzzing the readers of statements

Written by `make fuzz`, one part for each run, none left out. *any* is a file of any format, recognised and read.
Branches are those of our own code: as the samples reach them, and as they were reached in the end. A fault is an
exception that is not the reader's own, more than two seconds, 1 GB of memory, or a line of money that plain text shows
and no item ([how it is counted](../libs/statements/tests/fuzz/counting.py)); it stands here by its name and where it
was raised, once.
"""
PART: Final = """
## {begun:%Y-%m-%d %H:%M} UTC, commit {commits}

{versions}.

| reader | minutes | executions | branches, samples | branches, then | faults |
|---|---:|---:|---:|---:|---|
{rows}"""
TARGETS: Final = {
    "OFX": ["ofx"],
    "CNAB 240": ["cnab240"],
    "camt.053": ["camt053"],
    "MT940": ["mt940"],
    "XLSX": ["xlsx"],
    "CSV": ["csv"],
    "any": ["ofx", "cnab240", "camt053", "mt940", "csv", "none"],
}
SLICE_S: Final = 75
"""So long in one process: what was mended meanwhile is loaded by the next one."""
HANG_S: Final = 10
MEMORY_MB: Final = 1024
SIZE_MAX: Final = 32_768


@dataclass
class Reached:
    seconds: float = 0
    executions: int = 0
    first: int = 0
    last: int = 0
    commits: list[str] = field(default_factory=list)


def fuzz(name: str, reached: Reached, folder: Path, seconds: float) -> None:
    """Fuzz one target for so long, from the corpus that it has; a process that ends before is followed by another."""
    corpus, faults = folder / name / "corpus", folder / name / "faults"
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    reached.commits.append(commit.stdout.strip())
    ends = time.monotonic() + seconds
    while (left := round(ends - time.monotonic())) > 0:
        started = time.monotonic()
        command = [sys.executable, "-m", "libs.statements.tests.fuzz.target", name, str(faults)]
        options = [str(corpus), f"-max_total_time={left}", f"-timeout={HANG_S}", f"-rss_limit_mb={MEMORY_MB}"]
        options += [f"-max_len={SIZE_MAX}", f"-artifact_prefix={faults}/"]
        options += [f"-dict={words}"] if (words := folder / name / "words").stat().st_size else []
        ended = subprocess.run(
            [*command, *options, "-print_final_stats=1"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        reached.seconds += time.monotonic() - started
        said = [
            (int(number), int(branches)) for number, branches in re.findall(r"#(\d+)\s+\w+\s+cov: (\d+)", ended.stderr)
        ]
        if not said:
            raise RuntimeError(f"{name} did not start:\n{ended.stderr[-2000:]}")
        reached.executions += said[-1][0]
        reached.first = reached.first or said[0][1]
        reached.last = max(reached.last, said[-1][1])
        if ended.returncode:
            (faults / f"log-{round(time.time())}").write_text(ended.stderr[-20_000:])


def prepare(folder: Path, name: str, samples: list[str]) -> None:
    corpus = folder / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    (folder / name / "faults").mkdir(exist_ok=True)
    words = set()
    for path in (path for sample in samples for path in (SAMPLES / sample).iterdir()):
        if not path.name.endswith(".json"):
            content = path.read_bytes()
            (corpus / path.name).write_bytes(content)
            words.update(re.findall(rb"[A-Za-z][A-Za-z0-9]{2,15}", content) if b"PK\x03\x04" not in content[:4] else ())
    (folder / name / "words").write_text("".join(f'"{word.decode()}"\n' for word in sorted(words)[:400]))


def faults_in(folder: Path) -> list[str]:
    """Return their names: those that were noted, and those that ended a process (hang, memory, a broken library)."""
    names = [
        each.name for each in folder.iterdir() if not each.name.startswith(("log-", "input")) and each.suffix != ".txt"
    ]
    return sorted({re.sub(r"-[0-9a-f]{40}$", "", name) for name in names})


def write(begun: datetime, reached: dict[str, Reached], folder: Path) -> None:
    rows = ""
    for name, each in reached.items():
        faults = ", ".join(faults_in(folder / name / "faults")) or "none"
        cells = f"{each.seconds / 60:.1f} | {each.executions:,} | {each.first} | {each.last} | {faults}"
        rows += f"| {name} | {cells} |\n"
    # Targets take turns: the first one's first commit and the last one's last are those of the whole run.
    each_one = list(reached.values())
    commits = dict.fromkeys([each_one[0].commits[0], each_one[-1].commits[-1]])
    versions = ", ".join(f"{each} {version(each)}" for each in ("atheris", "lxml", "python-calamine"))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    page = PAGE.read_text() if PAGE.exists() else HEAD
    part = PART.format(begun=begun, commits=" to ".join(commits), versions=f"{python}, {versions}", rows=rows)
    PAGE.write_text(page + part)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="for all targets together (default 60)")
    parser.add_argument("--only", choices=TARGETS, help="one target; nothing is written down")
    parser.add_argument("--folder", type=Path, help="where corpora and faults are kept (default: a new one)")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="fluxo-fuzz-"))
    sys.stdout.write(f"What is found stays in {folder}\n")
    targets = {options.only: TARGETS[options.only]} if options.only else TARGETS
    for name, samples in targets.items():
        prepare(folder, name, samples)
    reached: dict[str, Reached] = defaultdict(Reached)
    began, ends = datetime.now(UTC), time.monotonic() + options.minutes * 60
    rounds = max(1, round(options.minutes * 60 / SLICE_S / len(targets)))
    for turn in range(rounds * len(targets)):
        name = list(targets)[turn % len(targets)]
        fuzz(name, reached[name], folder, (ends - time.monotonic()) / (rounds * len(targets) - turn))
        each = reached[name]
        said = f"{name}: {each.executions:,} executions, branches {each.first} to {each.last}"
        sys.stdout.write(f"{said}, {', '.join(faults_in(folder / name / 'faults')) or 'no fault'}\n")
        sys.stdout.flush()
    if not options.only:
        write(began, reached, folder)
    return int(any(faults_in(folder / name / "faults") for name in targets))


if __name__ == "__main__":
    sys.exit(main())
