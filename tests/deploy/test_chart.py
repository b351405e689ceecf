"""The Helm chart, rendered by Helm's own library and held against Kubernetes' schemas and ours."""

import json
import re
import shutil
from contextlib import nullcontext

import pytest
import yaml
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM
from fluxo_dashboard.app import pages
from fluxo_dashboard.web.static_files import StaticFiles

from tests.deploy.chart import LEAST, MOST, cluster_with, helm, of_kind, pods, rendered, told
from tests.deploy.conftest import HOW_TO_GET_TOOLS
from tests.deploy.dockerfile import ROOT, image
from tests.deploy.told import PROCESSES, complaints
from tests.deploy.values_table import CHART, described, leaves, readme

kubernetes_validate = pytest.importorskip("kubernetes_validate", reason=f"kubernetes-validate: {HOW_TO_GET_TOOLS}")

BOTH = pytest.mark.parametrize("values", [LEAST, MOST], ids=["least", "most"])
OLDEST, NEWEST = "1.30", "1.37"
CUSTOM = {"ScaledObject", "TriggerAuthentication", "ServiceMonitor", "PrometheusRule", "Cluster"}


@BOTH
def test_helm_finds_nothing_to_complain_of(values):
    report = helm.lint(CHART, values, strict=True, kube_version=f"v{NEWEST}.0")
    assert report["errors"] == []
    assert [found["error"] for found in report["messages"]] == ["icon is recommended"]


@BOTH
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_each_manifest_is_what_kubernetes_takes(values, version):
    unknown = set()
    for manifest in rendered(values):
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            unknown.add(manifest["kind"])
    assert unknown <= CUSTOM


@BOTH
@pytest.mark.parametrize("process", PROCESSES)
def test_every_process_is_told_what_it_needs_and_nothing_unknown(values, process):
    manifests = rendered(values)
    assert complaints(PROCESSES[process], told(manifests, pods(manifests)[process])) == []


def test_each_image_is_pinned_by_its_own_digest():
    images = {name: pod["spec"]["containers"][0]["image"] for name, pod in pods(rendered(MOST)).items()}
    for name, reference in images.items():
        service = name.split("-")[0]
        digest = f"@sha256:{'0' * 64}" if service == "entries" else ""
        assert reference == f"registry.example/fluxo-{service}:0.1.0{digest}"


@BOTH
def test_only_migrations_know_the_owner(values):
    manifests = rendered(values)
    knows = {name for name, pod in pods(manifests).items() if "owner" in str(told(manifests, pod))}
    assert knows == {"entries-migrate", "balances-migrate"}


@BOTH
def test_only_an_api_works_as_the_apis_role_unless_it_has_none(values):
    none = {
        "database": {service: {"apiUrlKey": ""} for service in ("entries", "balances")},
        "cloudnativepg": values.get("cloudnativepg", {}) | {"entriesApiSecret": "", "balancesApiSecret": ""},
    }
    for given, of_api in ((values, "api"), (values | none, "app")):
        manifests = rendered(given)
        for name, pod in pods(manifests).items():
            urls = {
                variable: url for variable, url in told(manifests, pod).items() if variable.endswith("DATABASE_URL")
            }
            roles = {variable: re.search("(app|api|owner):", url)[1] for variable, url in urls.items()}
            variable = f"FLUXO_{name.split('-')[0].upper()}_"
            if name.endswith("-migrate"):
                assert roles.pop(f"{variable}API_DATABASE_URL", "app") == of_api
                assert roles.pop(f"{variable}MIGRATION_DATABASE_URL") == "owner"
            expected = {f"{variable}DATABASE_URL": of_api if name.endswith("-api") else "app"}
            assert roles == ({} if name == "dashboard" else expected), name


@BOTH
def test_every_pod_keeps_the_restricted_standard(values):
    for name, template in pods(rendered(values)).items():
        pod, (container,) = template["spec"], template["spec"]["containers"]
        uid = image(name.split("-")[0]).user.split(":")[0]
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": int(uid),
            "runAsGroup": int(uid),
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert pod["automountServiceAccountToken"] is False
        assert container["resources"]["limits"]["memory"]


@BOTH
def test_what_selects_pods_selects_those_of_one_process(values):
    manifests = rendered(values)
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}
    selectors = [
        (found, found["spec"].get("podSelector", found["spec"].get("selector", {})))
        for found in of_kind(manifests, "Service", "NetworkPolicy").values()
    ] + [
        (found, found["spec"]["selector"]) for found in of_kind(manifests, "PodDisruptionBudget", "Deployment").values()
    ]
    for found, selector in selectors:
        wanted = selector.get("matchLabels", selector)
        chosen = [name for name, has in labels.items() if wanted.items() <= has.items()]
        assert chosen == [found["metadata"]["name"].removeprefix("fluxo-")], found["kind"]


@BOTH
def test_whatever_scales_a_deployment_is_alone_in_it(values):
    manifests = rendered(values)
    deployments = of_kind(manifests, "Deployment")
    scalers = [
        found["spec"]["scaleTargetRef"]["name"]
        for found in manifests
        if found["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}
    ]
    assert set(scalers) == {name for name, found in deployments.items() if "replicas" not in found["spec"]}
    assert len(scalers) == len(set(scalers))


def test_keda_looks_at_the_stream_and_group_that_the_services_use_and_never_stops_the_last_projector():
    (scaled,) = of_kind(rendered(MOST), "ScaledObject").values()
    assert scaled["spec"]["minReplicaCount"] == 1
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["type"] == "redis-streams"
    assert (trigger["metadata"]["stream"], trigger["metadata"]["consumerGroup"]) == (
        ENTRIES_STREAM,
        DAILY_BALANCES_GROUP,
    )
    (authentication,) = of_kind(rendered(MOST), "TriggerAuthentication").values()
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    with pytest.raises(helm.HelmError, match="minimum: got 0"):
        rendered(MOST | {"balancesProjector": {"keda": {"enabled": True, "address": "streams:6379", "min": 0}}})


@BOTH
def test_probes_ask_for_what_is_served(values):
    for name, deployment in of_kind(rendered(values), "Deployment").items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
        assert {kind: probe["path"] for kind, probe in probes.items()} == {
            "startup": "/health/live",
            "liveness": "/health/live",
            "readiness": "/health/ready",
        }, name
        (port,) = container["ports"]
        assert {probe["port"] for probe in probes.values()} == {port["name"]}
        told_port = next(variable["value"] for variable in container["env"] if variable["name"] == "FLUXO_PORT")
        assert int(told_port) == port["containerPort"]


@BOTH
def test_a_process_may_reach_whom_its_environment_names(values):
    manifests = rendered(values)
    policies = of_kind(manifests, "NetworkPolicy")
    for name, pod in pods(manifests).items():
        policy = policies[f"fluxo-{name}"]["spec"]
        may = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
        needs = {int(port) for port in re.findall(r"(?:@|//)[\w.-]+:(\d+)", str(told(manifests, pod)))}
        assert needs | {53} <= may, name
        is_public = name.endswith("-api") or name == "dashboard"
        assert (443 in may) == is_public, name
        callers = policy.get("ingress", [{"from": []}])[0]["from"]
        assert ({"namespaceSelector": {}} in callers) == is_public, name
        assert policy["policyTypes"] == ["Ingress", "Egress"]


@BOTH
def test_the_page_reaches_the_apis_whoever_else_may_and_no_server(values):
    manifests = rendered(values | {"networkPolicy": {"apiFrom": [], "pageFrom": []}})
    labels = pods(manifests)["dashboard"]["metadata"]["labels"].items()
    policies = of_kind(manifests, "NetworkPolicy")
    lets_in = {
        name
        for name, policy in policies.items()
        for peer in policy["spec"].get("ingress", [{"from": []}])[0]["from"]
        if peer.get("podSelector", {"matchLabels": {"no": "pod"}})["matchLabels"].items() <= labels
    }
    environment = told(manifests, pods(manifests)["dashboard"])
    asked = {re.match(r"http://([\w-]+):", environment[f"FLUXO_{name}_URL"])[1] for name in ("ENTRIES", "BALANCES")}
    assert lets_in == asked == {"fluxo-entries-api", "fluxo-balances-api"}
    may = {port["port"] for rule in policies["fluxo-dashboard"]["spec"]["egress"] for port in rule["ports"]}
    assert {5432, 6379}.isdisjoint(may)


def test_the_schema_comes_before_the_code_that_wants_it():
    hooks = {
        name: {job["metadata"]["annotations"]["helm.sh/hook"] for job in of_kind(rendered(values), "Job").values()}
        for name, values in (("given", LEAST), ("made here", MOST))
    }
    assert hooks == {"given": {"pre-install,pre-upgrade"}, "made here": {"post-install,pre-upgrade"}}


@pytest.mark.parametrize(
    ("there", "refused"),
    [((), False), (("fluxo-entries-api", "fluxo-entries-db"), False), (("fluxo-entries-api",), True)],
    ids=["first", "next", "moves"],
)
def test_a_release_does_not_move_to_databases_that_are_not_there_yet(there, refused):
    """Its migration would wait for them before they are made, and its merchants would find them empty."""
    with cluster_with(there) as url, helm.Config(kube_apiserver=url) as config, helm.Chart.load(CHART) as chart:
        told = pytest.raises(helm.HelmError, match="would find empty ones") if refused else nullcontext()
        with told:
            config.render(chart, MOST, name="fluxo", namespace="ledger", is_upgrade=True)


def test_databases_that_the_chart_makes_stay_and_have_a_role_for_each_purpose():
    for name, cluster in of_kind(rendered(MOST), "Cluster").items():
        database = f"fluxo_{name.split('-')[1]}"
        assert cluster["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
        assert cluster["spec"]["bootstrap"]["initdb"]["owner"] == f"{database}_owner"
        assert [role["name"] for role in cluster["spec"]["managed"]["roles"]] == [
            f"{database}_app",
            f"{database}_api",
        ]
        assert cluster["spec"]["postgresql"]["synchronous"] == {"method": "any", "number": 1}


def test_the_ingress_leads_every_documented_call_to_its_service_and_nothing_else():
    (ingress,) = of_kind(rendered(MOST), "Ingress").values()
    backends = {
        path["path"]: path["backend"]["service"]["name"] for path in ingress["spec"]["rules"][0]["http"]["paths"]
    }
    for service in ("entries", "balances"):
        document = json.loads((ROOT / "docs" / "reference" / f"{service}.openapi.json").read_text())
        for call in (path for path in document["paths"] if path.startswith("/v1/")):
            prefix = next(path for path in backends if f"{call}/".startswith(f"{path}/"))
            assert backends[prefix] == f"fluxo-{service}-api"
    assert {path for path, name in backends.items() if not path.startswith("/v1/")} == {
        path for path, name in backends.items() if name == "fluxo-dashboard"
    }


def test_the_ingress_leads_to_every_address_of_the_page_but_not_to_what_it_tells_operators():
    (ingress,) = of_kind(rendered(MOST), "Ingress").values()
    led = {
        (path["path"], path["pathType"])
        for path in ingress["spec"]["rules"][0]["http"]["paths"]
        if path["backend"]["service"]["name"] == "fluxo-dashboard"
    }
    first = {f"/{route.path.split('/')[1]}" for route in pages(StaticFiles())}
    assert led == {(path, "Exact" if path == "/" else "Prefix") for path in first}
    assert {"/health", "/metrics"}.isdisjoint(first)


def test_the_monitor_finds_every_process():
    manifests = rendered(MOST)
    (monitor,) = of_kind(manifests, "ServiceMonitor").values()
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = of_kind(manifests, "Service")
    assert all(wanted <= service["metadata"]["labels"].items() for service in services.values())
    assert set(services) == set(of_kind(manifests, "Deployment"))
    (endpoint,) = monitor["spec"]["endpoints"]
    assert {port["name"] for service in services.values() for port in service["spec"]["ports"]} == {endpoint["port"]}


def test_alert_rules_are_taken_as_they_are(tmp_path):
    rules = {
        "groups": [{"name": "fluxo", "rules": [{"alert": "Late", "expr": "up == 0", "labels": {"a": "{{ $x }}"}}]}]
    }
    chart = shutil.copytree(CHART, tmp_path / "fluxo")
    (chart / "files" / "rules" / "one.yaml").write_text(yaml.safe_dump(rules))
    for other in (chart / "files" / "rules").glob("*.yaml"):
        if other.name != "one.yaml":
            other.unlink()

    manifests = rendered(LEAST | {"prometheusRule": {"enabled": True}}, chart)

    (rule,) = of_kind(manifests, "PrometheusRule").values()
    assert rule["spec"] == rules


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"dashboard": LEAST["dashboard"]}, "auth.jwksUrl"),
        ({"auth": LEAST["auth"]}, "dashboard.url"),
        (LEAST | {"dashboard": {"url": "http://fluxo.example", "oidc": {"clientId": "fluxo"}}}, "url"),
        (LEAST | {"dashboard": {"url": "https://fluxo.example"}}, "dashboard.oidc.clientId"),
        (LEAST | {"auth": {"jwksUrl": "http://id.example/keys"}}, "jwksUrl"),
        (LEAST | {"auth": {"issuer": "fluxo-development"}}, "issuer"),
        (LEAST | {"entriesApi": {"replica": 3}}, "replica"),
        (LEAST | {"entriesRelay": {"extraEnv": {"outbox": "1"}}}, "outbox"),
        (LEAST | {"ingress": {"enabled": True}}, "ingress.host"),
    ],
)
def test_a_value_that_is_wrong_or_missing_is_named(values, complaint):
    with pytest.raises(helm.HelmError, match=re.escape(complaint)):
        rendered(values)


def test_every_value_is_described_and_the_readme_has_the_table():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(leaves(values)) == {name for name, _, _ in described()}
    assert (CHART / "README.md").read_text() == readme(), "run: python -m tests.deploy.values_table"
