"""compose.yaml, as compose itself understands it."""

import re
from pathlib import Path

import pytest

from tests.deploy.dockerfile import DOCKERFILE, image
from tests.deploy.operator import COMPOSE, DEPLOY, filled
from tests.deploy.told import PROCESSES, complaints

WRITES_TO_ITS_ROOT = {"elasticsearch", "kibana"}
PROCESSES_OF_OURS = ("entries-api", "entries-relay", "balances-api", "balances-projector", "dashboard")
OURS = (*PROCESSES_OF_OURS, "entries-migrate", "balances-migrate")


def told(model: dict, name: str) -> dict[str, str]:
    """The environment of a container: the image's, then compose's."""
    service = model["services"][name]
    return image(service["build"]["target"]).env | service["environment"]


def test_two_of_each_api_and_every_process_once_at_least(composed):
    services = composed()["services"]
    assert {name: services[name].get("scale", 1) for name in PROCESSES_OF_OURS} == {
        "entries-api": 2,
        "entries-relay": 1,
        "balances-api": 2,
        "balances-projector": 1,
        "dashboard": 1,
    }


@pytest.mark.parametrize("name", OURS)
def test_every_process_is_told_what_it_needs_in_production_and_nothing_unknown(composed, name):
    assert complaints(PROCESSES[name], told(composed(), name)) == []


def test_what_is_run_and_built_on_can_be_pinned_by_digest(composed):
    default, pinned = re.search(r"(?m)^ARG PYTHON_IMAGE=(\S+)", DOCKERFILE.read_text())[1], f"python@sha256:{'0' * 64}"
    for env, base in ((filled(), default), (filled(PYTHON_IMAGE=pinned), pinned)):
        services = composed(env)["services"]
        assert {services[name]["build"]["args"]["PYTHON_IMAGE"] for name in OURS} == {base}
    froms = re.findall(r"(?m)^FROM (\S+) AS (\S+)", DOCKERFILE.read_text())
    assert {image for image, _ in froms} <= {"${PYTHON_IMAGE}", *(stage for _, stage in froms)}


def test_the_development_issuer_is_refused_without_the_development_file(composed):
    env = filled(AUTH_JWKS_URL="file:///etc/fluxo/jwks.json", AUTH_ISSUER="fluxo-development")
    for name in ("entries-api", "balances-api"):
        assert complaints(PROCESSES[name], told(composed(env), name))
        assert not complaints(PROCESSES[name], told(composed(env, ("compose.yaml", "compose.dev.yaml")), name))


def test_without_a_provider_there_is_no_page_to_sign_in_at_and_with_one_it_may_be_tried_without_tls(composed):
    env = filled(DASHBOARD_URL="http://127.0.0.1:8000")
    page = composed(env, ("compose.yaml", "compose.dev.yaml"))["services"]["dashboard"]
    assert page["scale"] == 0
    assert complaints(PROCESSES["dashboard"], image("dashboard").env | page["environment"]) == []
    assert complaints(PROCESSES["dashboard"], told(composed(env), "dashboard"))


def test_the_services_are_reached_while_the_page_is_not(composed):
    """Whatever is wrong with it or its provider: nginx does not wait for it, and it waits for nobody."""
    services = composed()["services"]
    assert "dashboard" not in services["nginx"]["depends_on"]
    assert "depends_on" not in services["dashboard"]


def test_only_migrations_wait_until_a_server_is_healthy(composed):
    """On a busy host a health check is late, and who waited for it would never be started."""
    services = composed()["services"]
    waits = {
        (name, on)
        for name, service in services.items()
        for on, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy" and "elk" not in service.get("profiles", ())
    }
    assert waits == {("entries-migrate", "entries-db"), ("balances-migrate", "balances-db")}


def test_what_a_process_asks_stops_after_it(composed):
    services = composed()["services"]
    assert services["nginx"]["depends_on"].keys() == {"entries-api", "balances-api"}
    for name in ("entries-relay", "balances-projector"):
        assert "streams" in services[name]["depends_on"]
    assert "cache" in services["balances-api"]["depends_on"]


def test_no_container_leaves_a_volume_without_a_name(composed):
    """Where an image has a volume, something is mounted: `down` would leave one of each container behind."""
    volumes = {"postgres": "/var/lib/postgresql", "valkey/valkey": "/data", "prom/prometheus": "/prometheus"}
    for name, service in composed()["services"].items():
        if place := volumes.get(service["image"].split(":")[0]):
            mounted = [each["target"] for each in service["volumes"]] + service["tmpfs"]
            assert place in mounted, name


def test_a_key_set_that_is_not_there_is_not_made_a_folder(composed):
    services = composed(files=("compose.yaml", "compose.dev.yaml"))["services"]
    for name in ("entries-api", "balances-api"):
        (keys,) = services[name]["volumes"]
        assert keys["bind"] == {"create_host_path": False}, name
        assert keys["read_only"]


def test_no_process_is_told_a_password_that_it_has_no_use_for(composed):
    model = composed(filled(ENTRIES_OWNER_PASSWORD="owners", BALANCES_OWNER_PASSWORD="owners"))
    knows = {name for name in OURS if "owners" in str(told(model, name))}
    assert knows == {"entries-migrate", "balances-migrate"}
    model = composed(filled(DASHBOARD_SESSION_KEY="sessions" * 4, OIDC_CLIENT_SECRET="clients"))
    for secret in ("sessions", "clients"):
        assert [name for name in OURS if secret in str(told(model, name))] == ["dashboard"]


def test_it_does_not_start_without_its_secrets(compose):
    refused = compose("config", "--quiet", env=filled(STREAMS_PASSWORD=""))
    assert refused.returncode != 0
    assert "STREAMS_PASSWORD" in refused.stderr


def test_nothing_may_write_gain_rights_or_be_root(composed):
    for name, service in composed()["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("read_only", False) == (name not in WRITES_TO_ITS_ROOT), name
        assert not service.get("privileged"), name
        assert "docker.sock" not in str(service), name
        root = service.get("user", "the image's").split(":")[0] in {"root", "0"}
        assert root == (name == "filebeat"), name


def test_only_the_balancer_is_open_and_databases_have_no_way_out(composed):
    model = composed()
    open_to_all = {
        name
        for name, service in model["services"].items()
        for port in service.get("ports", ())
        if port["host_ip"] != "127.0.0.1" or not name.startswith(("prometheus", "grafana", "kibana"))
    }
    assert open_to_all == {"nginx"}
    assert {port["target"] for port in model["services"]["nginx"]["ports"]} == {8000, 8001, 8002}
    for name in ("entries-db", "balances-db", "streams", "cache", "entries-relay", "balances-projector"):
        for network in model["services"][name]["networks"]:
            assert model["networks"][network].get("internal"), f"{name} is in {network}"


def test_each_service_reaches_whom_its_environment_names(composed):
    services = composed()["services"]
    for name in OURS:
        for host in re.findall(r"(?:@|http://)([a-z-]+):", str(services[name]["environment"])):
            assert set(services[name]["networks"]) & set(services[host]["networks"]), f"{name} → {host}"


def test_what_is_mounted_exists(composed):
    missing = {
        source.relative_to(DEPLOY)
        for service in composed()["services"].values()
        for mount in service.get("volumes", ())
        if mount["type"] == "bind" and (source := Path(mount["source"])).is_relative_to(DEPLOY) and not source.exists()
    }
    assert not missing


def test_the_example_names_exactly_the_variables_that_are_read():
    read = {
        variable for file in COMPOSE.glob("*.yaml") for variable in re.findall(r"(?<!\$)\$\{(\w+)", file.read_text())
    }
    assert read == set(filled())
