"""What the Dockerfile says to whoever builds or runs an image."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "images" / "Dockerfile"


@dataclass(frozen=True)
class Image:
    """What a target of the Dockerfile says to whoever runs it."""

    env: dict[str, str]
    user: str
    entrypoint: list[str]
    command: list[str]
    healthcheck: list[str]
    build: str
    """The line that installs the service."""


def image(target: str) -> Image:
    """Read the stages that `target` is made of."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text()))
    stages = dict(re.findall(r"(?ms)^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", text))
    told = stages["runtime"] + stages[target]
    env = dict(pair.split("=", 1) for line in re.findall(r"(?m)^ENV (.*)", told) for pair in shlex.split(line))

    def array(instruction: str) -> list[str]:
        return json.loads(re.findall(rf"(?m)^{instruction}.*?(\[.*\])$", told)[-1])

    return Image(
        env=env,
        user=re.findall(r"(?m)^USER (\S+)", told)[-1],
        entrypoint=array("ENTRYPOINT"),
        command=array("CMD"),
        healthcheck=array("HEALTHCHECK"),
        build=re.findall(r"(?m)^RUN (?:--\S+ +)*(uv sync .*)", stages[f"build-{target}"])[0],
    )


def build_context(directory: Path) -> Path:
    """A copy of what the build may read: what the oldest client would send, Docker 20.10's own."""
    for source in _sent(ROOT, _rules()):
        target = directory / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return directory


def _rules() -> list[tuple[bool, str]]:
    """Whether a pattern lets in, and the pattern; what a later one says holds."""
    lines = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    return [(line.startswith("!"), line.removeprefix("!")) for line in lines if line and not line.startswith("#")]


def _sent(place: Path, rules: list[tuple[bool, str]]) -> Iterator[Path]:
    for path in sorted(place.iterdir()):
        name = path.relative_to(ROOT).as_posix()
        above = [name, *(parent.as_posix() for parent in path.relative_to(ROOT).parents)]
        matches = [lets_in for lets_in, pattern in rules if any(_matches(pattern, each) for each in above)]
        sent = not matches or matches[-1]
        if not path.is_dir():
            yield from [path] if sent else []
        # It looks into a folder that stays out only where a pattern names it letter by letter.
        elif sent or any(lets_in and pattern.startswith(f"{name}/") for lets_in, pattern in rules):
            yield from _sent(path, rules)


def _matches(pattern: str, name: str) -> bool:
    of_any_depth = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
    return re.fullmatch(of_any_depth, name) is not None
