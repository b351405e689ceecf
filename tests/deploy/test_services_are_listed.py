"""What names services by hand names each of them: a new service fails here until it stands everywhere."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from fluxo_cli.commands.groups import GROUPS
from fluxo_local.services import DASHBOARD, KINDS, SERVICES, Service
from fluxo_local.settings import Settings

from deploy.settings_page import PROCESSES
from tests.deploy.expressions import rules

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text())["services"]
PROMETHEUS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yaml").read_text())["scrape_configs"]
CHART = yaml.safe_load((ROOT / "deploy" / "helm" / "fluxo" / "values.yaml").read_text())
METRICS = ROOT / "docs" / "reference" / "metrics.md"
CONTRACTS = PYPROJECT["tool"]["importlinter"]["contracts"]


def contract(name: str) -> dict:
    return next(each for each in CONTRACTS if each["name"] == name)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_is_installed_checked_and_kept_apart(service: Service):
    package = f"fluxo_{service.name}"
    assert f"fluxo-{service.name}" in PYPROJECT["project"]["dependencies"]
    assert f"$MYPY_CONFIG_FILE_DIR/services/{service.name}/src" in PYPROJECT["tool"]["mypy"]["mypy_path"]
    assert package in PYPROJECT["tool"]["coverage"]["run"]["source_pkgs"]
    assert package in PYPROJECT["tool"]["importlinter"]["root_packages"]
    assert f"-p {package} " in MAKEFILE
    assert package in contract("Inside a service the arrow points inward")["containers"]
    core = contract("The core knows no driver, no framework and no chassis")["source_modules"]
    assert {f"{package}.domain", f"{package}.application"} <= set(core)
    assert package in contract("The services meet only in the contracts")["modules"]
    assert package in contract("The chassis and the contracts know no service")["forbidden_modules"]
    of_local = "The local system and the command line start services as processes and import none of them"
    assert package in contract(of_local)["forbidden_modules"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_is_documented_packed_and_reached(service: Service):
    assert f"$(RUN) fluxo_{service.name} openapi" in MAKEFILE
    for role in service.roles:
        assert f"$(RUN) fluxo_{service.name} metrics {role}" in MAKEFILE
    assert re.search(rf"(?m)^FROM \S+ AS {service.name}$", (ROOT / "deploy" / "images" / "Dockerfile").read_text())
    assert {f"{service.name}_database_url", f"{service.name}_migration_database_url"} <= set(Settings.model_fields)
    assert service.name in GROUPS
    assert {service.name, f"{service.name}Digest"} <= set(CHART["image"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_is_started_and_watched_wherever_fluxo_is_deployed(kind: str):
    service, _, role = kind.partition("-")
    assert kind in COMPOSE
    assert kind == DASHBOARD or f"{service}-migrate" in COMPOSE
    assert f"{service}{role.capitalize()}" in CHART
    assert kind in {job["job_name"] for job in PROMETHEUS}
    assert kind in {settings.process for settings in PROCESSES}
    watched = {rule["alert"]: rule["expr"] for rule in rules() if "alert" in rule}
    for alert in ("ProcessGone", "ProcessNotScraped", "InstanceDown", "ProcessRestarts"):
        assert re.search(rf"[*(|]{kind}[|)\"]", watched[alert]), alert
    assert kind in METRICS.read_text()


def test_the_page_is_installed_checked_packed_and_kept_apart():
    package = f"fluxo_{DASHBOARD}"
    assert f"fluxo-{DASHBOARD}" in PYPROJECT["project"]["dependencies"]
    assert f"$MYPY_CONFIG_FILE_DIR/apps/{DASHBOARD}/src" in PYPROJECT["tool"]["mypy"]["mypy_path"]
    assert package in PYPROJECT["tool"]["coverage"]["run"]["source_pkgs"]
    assert package in PYPROJECT["tool"]["importlinter"]["root_packages"]
    assert f"-p {package} " in MAKEFILE
    assert f"$(RUN) {package} metrics" in MAKEFILE
    services = {f"fluxo_{service.name}" for service in SERVICES}
    apart = contract("The dashboard asks the services over HTTP and imports neither")
    assert services <= set(apart["forbidden_modules"])
    assert package in contract("The chassis and the contracts know no service")["forbidden_modules"]
    of_local = "The local system and the command line start services as processes and import none of them"
    assert package in contract(of_local)["forbidden_modules"]
    assert re.search(rf"(?m)^FROM \S+ AS {DASHBOARD}$", (ROOT / "deploy" / "images" / "Dockerfile").read_text())
    assert {DASHBOARD, f"{DASHBOARD}Digest"} <= set(CHART["image"])
