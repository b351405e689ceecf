"""What the chart makes, held against a real API server and the operators' own definitions. Nothing is kept."""

import copy

import pytest

from tests.deploy.chart import LEAST, MOST, rendered

NAMESPACE = "ledger"
OF_OPERATORS = ("ScaledObject", "TriggerAuthentication", "Cluster", "ServiceMonitor", "PrometheusRule")
EVERYTHING = MOST | {"prometheusRule": {"enabled": True}, "priorityClassName": ""}
# A value that each kind's definition forbids, by where it stands.
FORBIDDEN = {
    "ScaledObject": ("spec.minReplicaCount", "one"),
    "TriggerAuthentication": ("spec.secretTargetRef", "password"),
    "Cluster": ("spec.instances", 0),
    "ServiceMonitor": ("spec.endpoints", {}),
    "PrometheusRule": ("spec.groups", "all"),
}


@pytest.fixture(scope="module", autouse=True)
def namespace(cluster):
    cluster.namespace(NAMESPACE)


def asked(cluster, made: dict, **options: str):
    """What the API server says of an object that it is not to keep."""
    plurals = {each["kind"]: each for each in resources(cluster, made["apiVersion"])}
    path = f"{group(made['apiVersion'])}/namespaces/{NAMESPACE}/{plurals[made['kind']]['name']}"
    return cluster.api.post(path, json=made, params={"dryRun": "All", "fieldValidation": "Strict"} | options)


def group(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def resources(cluster, version: str) -> list[dict]:
    answer = cluster.api.get(group(version))
    assert answer.status_code == 200, f"{version}: {answer.text}"
    return [each for each in answer.json()["resources"] if "/" not in each["name"]]


def of_operators() -> dict[str, dict]:
    return {made["kind"]: made for made in rendered(EVERYTHING) if made["kind"] in OF_OPERATORS}


@pytest.mark.parametrize("values", [LEAST, EVERYTHING], ids=["least", "everything"])
def test_every_object_is_taken_without_a_warning(cluster, values):
    for made in rendered(values):
        answer = asked(cluster, made)
        assert answer.status_code == 201, answer.text
        assert "warning" not in answer.headers, f"{made['kind']}: {answer.headers['warning']}"


def pod() -> dict:
    """One of ours, as its Deployment would make it."""
    (relay,) = (
        each
        for each in rendered(LEAST)
        if each["metadata"]["name"] == "fluxo-entries-relay" and each["kind"] == "Deployment"
    )
    template = copy.deepcopy(relay["spec"]["template"]) | {"apiVersion": "v1", "kind": "Pod"}
    template["metadata"]["name"] = "a-pod"
    template["spec"]["serviceAccountName"] = "default"
    return template


def test_a_pod_of_ours_is_within_the_restricted_standard(cluster):
    answer = asked(cluster, pod())
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("field", ["securityContext", "containers"])
def test_a_pod_that_the_restricted_standard_forbids_is_refused(cluster, field):
    forbidden = pod()
    if field == "securityContext":
        forbidden["spec"]["securityContext"] = {}
    else:
        forbidden["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    answer = asked(cluster, forbidden)
    assert answer.status_code == 403
    assert 'violates PodSecurity "restricted:latest"' in answer.json()["message"]


@pytest.mark.parametrize("kind", OF_OPERATORS)
def test_an_operators_definition_refuses_a_forbidden_value(cluster, kind):
    made, (place, value) = of_operators()[kind], FORBIDDEN[kind]
    *path, last = place.split(".")
    inner = made
    for name in path:
        inner = inner[name]
    inner[last] = value
    answer = asked(cluster, made)
    assert answer.status_code == 422, answer.text
    assert place in answer.json()["message"]


@pytest.mark.parametrize("kind", OF_OPERATORS)
def test_an_operators_definition_refuses_a_misspelled_field(cluster, kind):
    made = of_operators()[kind]
    made["spec"]["misspelled"] = 1
    answer = asked(cluster, made)
    assert answer.status_code == 400, answer.text
    assert 'unknown field "spec.misspelled"' in answer.json()["message"]


def test_a_monitor_of_pods_without_a_selector_is_refused(cluster):
    made = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": {"name": "any"}, "spec": {}}
    answer = asked(cluster, made)
    assert answer.status_code == 422
    assert "spec.selector: Required value" in answer.json()["message"]
