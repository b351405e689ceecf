"""Where a run took place: the machine, the versions, the commit."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from fluxo_local.embedded.binaries import find_postgres, find_valkey

from benchmarks.tools import NGINX, WRK, NotOnThisMachineError, Tool

_LIBRARIES: Final = (
    "asyncpg",
    "fastapi",
    "hiredis",
    "httptools",
    "msgspec",
    "orjson",
    "pydantic",
    "redis",
    "starlette",
    "structlog",
    "uvicorn",
    "uvloop",
)


def cores() -> list[int]:
    """Return the cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def machine() -> dict[str, str | int | float]:
    return {
        "cpu": _first_of(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)") or platform.processor() or "unknown",
        "cores": len(cores()),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": platform.release(),
        "system": _first_of(Path("/etc/os-release"), r'PRETTY_NAME="(.+)"') or platform.system(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    found = {
        "Python": platform.python_version(),
        "PostgreSQL": find_postgres().version(),
        "Valkey": find_valkey().version(),
        "wrk": _tool_version(WRK, ["-v"], r"wrk ([^\s\[]+)"),
        "nginx": _tool_version(NGINX, ["-v"], r"nginx/(\S+)"),
    }
    for library in _LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return {name: version for name, version in found.items() if version}


def commit(tree: Path = Path(__file__).parent) -> str:
    """Return the short hash of the working tree's commit, with a + where files differ from it; empty outside git."""
    return _git(tree, "rev-parse", "--short=8", "HEAD") + ("+" if _git(tree, "status", "--porcelain") else "")


def _git(directory: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=False)
    return ran.stdout.strip()


def _first_of(file: Path, pattern: str) -> str:
    found = re.search(pattern, file.read_text()) if file.exists() else None
    return found.group(1).strip() if found else ""


def _tool_version(tool: Tool, arguments: Sequence[str], pattern: str) -> str:
    try:
        ran = subprocess.run([tool.path(), *arguments], capture_output=True, text=True, timeout=10, check=False)
    except NotOnThisMachineError:
        return ""
    found = re.search(pattern, ran.stdout + ran.stderr)
    return found.group(1) if found else ""
