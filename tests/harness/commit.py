import subprocess
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def commit(*results: Path) -> str:
    """Return the commit that is tried, with a + where there are changes beside these results of it."""
    others = (f":!{each.resolve().relative_to(_ROOT)}" for each in results if each.resolve().is_relative_to(_ROOT))
    changes = _git("status", "--porcelain", "--", ".", *others)
    return _git("rev-parse", "--short=10", "HEAD") + ("+" if changes else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=True).stdout.strip()
