"""What `deploy/` holds, read by the tools that will read it where it is installed."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.dockerfile import build_context, image
from tests.deploy.operator import COMPOSE, filled

HOW_TO_GET_TOOLS = "not installed; run: make deploy-tools"

collect_ignore = ["containers"]  # run by make test-deploy: they need an engine, and minutes


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Path of a program of the `deploy` dependency group; the test is skipped where it is missing."""

    def find(name: str) -> str:
        found = Path(sys.executable).with_name(name)
        if not found.exists():
            pytest.skip(f"{name}: {HOW_TO_GET_TOOLS}")
        return str(found)

    return find


@pytest.fixture(scope="session")
def compose(tool, tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`compose("config", …, env={…}, files=[…])`: Docker's own compose, which needs no engine to read files."""
    program = tool("docker-compose")

    def run(*arguments: str, env: dict[str, str], files: tuple[str, ...] = ("compose.yaml",)):
        env_file = tmp_path_factory.mktemp("compose") / ".env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
        chosen = [part for file in files for part in ("-f", str(COMPOSE / file))]
        return subprocess.run(
            [program, "--env-file", env_file, *chosen, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(env_file.parent)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def composed(compose) -> Callable[..., dict]:
    """The model that compose makes of its files, every profile included."""

    def model(env: dict[str, str] | None = None, files: tuple[str, ...] = ("compose.yaml",)) -> dict:
        profiles = ("--profile", "observability", "--profile", "elk")
        told = compose(*profiles, "config", "--format", "json", env=env or filled(), files=files)
        assert told.returncode == 0, told.stderr
        assert not told.stderr, told.stderr  # no warning either
        return json.loads(told.stdout)

    return model


@pytest.fixture(scope="session")
def app(tmp_path_factory) -> Callable[[str], Path]:
    """`app("entries")`: what the Dockerfile would put at /app, built by its own line from its own context."""
    built: dict[str, Path] = {}
    source = build_context(tmp_path_factory.mktemp("context"))

    def build(target: str) -> Path:
        if target not in built:
            place = tmp_path_factory.mktemp(f"app-{target}")
            uv = str(Path(sys.executable).with_name("uv"))
            done = subprocess.run(
                [uv, *shlex.split(image(target).build)[1:], "--python", sys.executable, "--quiet"],
                cwd=source,
                # Compiled, as in the image: nothing may write beside the sources later.
                env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(place), "UV_COMPILE_BYTECODE": "1"},
                capture_output=True,
                text=True,
                timeout=110,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            place.chmod(0o755)  # for the user of the image
            built[target] = place
        return built[target]

    return build
