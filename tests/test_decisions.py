"""Every decision says whether it holds and since when, and whoever is sent to one finds it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DECISIONS = ROOT / "docs" / "adr"
PAGES = sorted(DECISIONS.glob("[0-9]*.md"))
NUMBERS = {page.name[:4] for page in PAGES}
DAY = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}"
NUMBER = "[0-9]{4}"
STATUS = rf"Status: (accepted|superseded by {NUMBER})"
HEAD = rf"{STATUS} · Date: {DAY}(, amended {DAY})?( · Supersedes: {NUMBER}(, {NUMBER})*)?"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name[:4])
def test_a_decision_has_its_number_its_status_and_its_date(page):
    title, _, head, _ = page.read_text().split("\n", maxsplit=3)
    assert title.startswith(f"# {page.name[:4]} ")
    assert re.fullmatch(HEAD, head)


def test_the_index_has_each_decision_once_and_says_where_merged_ones_went():
    index = (DECISIONS / "README.md").read_text()
    assert re.findall(r"(?m)^\| \[[0-9]{4}\]\((.+\.md)\)", index) == [page.name for page in PAGES]
    merged = {
        number
        for page in PAGES
        for number in re.findall("[0-9]{4}", page.read_text().partition("Supersedes:")[2][:40].partition("\n")[0])
    }
    assert set(re.findall(r"([0-9]{4}) in \[", index)) == merged


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name[:4])
def test_the_files_of_tests_that_a_decision_names_exist(page):
    named = set(re.findall(r"`[\w/]*?(test_\w+\.py)`", page.read_text()))
    there = {path.name for top in ("apps", "libs", "services", "tests") for path in (ROOT / top).rglob("test_*.py")}
    assert named - there == set()


def test_every_link_to_a_decision_leads_somewhere():
    files = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.split()
    missing = []
    for file in files:
        path = ROOT / file
        if path.suffix in {".md", ".py", ".toml", ".yaml"} and path.is_file():
            text = path.read_text()
            missing += [(file, number) for number in re.findall(r"ADR ([0-9]{4})", text) if number not in NUMBERS]
            missing += [
                (file, name)
                for name in re.findall(r"adr/([0-9]{4}-[^)\s]+\.md)", text)
                if not (DECISIONS / name).exists()
            ]
            if path.parent == DECISIONS:
                missing += [
                    (file, name)
                    for name in re.findall(r"\]\(([0-9]{4}-[^)]+)\)", text)
                    if not (DECISIONS / name).exists()
                ]
    assert missing == []
