"""What the Dockerfile says to whoever builds or runs an image."""

import json
import re
import shlex
import shutil
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
    """A copy of what the build may read, by the rules of the ignore file: everything out, then some in."""
    rules = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    for pattern in (rule[1:] for rule in rules if rule.startswith("!")):
        for source in ROOT.glob(pattern):
            target = directory / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
    return directory
