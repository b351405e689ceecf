"""The chart as Helm renders it, for two sets of values: the least that it asks for, and with everything switched on."""

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml

from tests.deploy.conftest import HOW_TO_GET_TOOLS
from tests.deploy.dockerfile import image
from tests.deploy.values_table import CHART

helm = pytest.importorskip("helm_python", reason=f"helm-python-sdk: {HOW_TO_GET_TOOLS} (x86-64 Linux, macOS)")

LEAST = {
    "auth": {"jwksUrl": "https://id.example/keys", "issuer": "https://id.example/"},
    "dashboard": {"url": "https://fluxo.example", "oidc": {"clientId": "fluxo"}},
}
MOST = LEAST | {
    "image": {"registry": "registry.example/", "pullSecrets": ["registry"], "entriesDigest": f"sha256:{'0' * 64}"},
    "entriesApi": {"autoscaling": {"enabled": False}, "extraEnv": {"FLUXO_LOG_FORMAT": "json"}},
    "entriesRelay": {"extraEnv": {"FLUXO_OUTBOX_KEEP_H": 48}},
    "dashboard": {
        "url": "https://fluxo.example",
        "oidc": {"clientId": "fluxo", "clientSecretKey": "", "scopes": "openid"},
        "autoscaling": {"enabled": False},
    },
    "balancesProjector": {"keda": {"enabled": True, "address": "streams:6379"}},
    "ingress": {"enabled": True, "host": "fluxo.example", "tlsSecret": "tls", "className": "nginx"},
    "telemetry": {"endpoint": "http://collector:4318", "sampled": 0.1},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "cloudnativepg": {"enabled": True, "storageClass": "fast", "imageName": "postgresql:18"},
    "podLabels": {"team": "ledger"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "ledger", "operator": "Exists"}],
    "priorityClassName": "high",
}
SECRETS = {
    "app-url": "postgresql://app:x@db:5432/x",
    "api-url": "postgresql://api:x@db:5432/x",
    "owner-url": "postgresql://owner:x@db:5432/x",
}
SECRETS |= {"uri": "postgresql://owner:x@db:5432/x", "url": "redis://:x@redis:6379/0", "password": "x"}
SECRETS |= {"session-key": "x" * 32, "oidc-client-secret": "x"}


def rendered(values: dict, chart=CHART) -> list[dict]:
    with helm.Chart.load(chart) as loaded:
        files = loaded.render(values, name="fluxo", namespace="ledger")
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def of_kind(manifests: list[dict], *kinds: str) -> dict[str, dict]:
    return {found["metadata"]["name"]: found for found in manifests if found["kind"] in kinds}


def pods(manifests: list[dict]) -> dict[str, dict]:
    """What pods are made of, by the name of the process."""
    makers = of_kind(manifests, "Deployment", "Job")
    return {name.removeprefix("fluxo-"): maker["spec"]["template"] for name, maker in makers.items()}


def told(manifests: list[dict], template: dict) -> dict[str, str]:
    """The environment of the one container: the image's, the ConfigMap's, then the pod's own."""
    (container,) = template["spec"]["containers"]
    environment = dict(image(re.search(r"fluxo-(\w+)", container["image"])[1]).env)
    for source in container.get("envFrom", ()):
        environment |= of_kind(manifests, "ConfigMap")[source["configMapRef"]["name"]]["data"]
    for variable in container["env"]:
        origin = variable.get("valueFrom", {})
        value = SECRETS[origin["secretKeyRef"]["key"]] if "secretKeyRef" in origin else variable.get("value", "a-pod")
        environment[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda name: environment[name[1]], value)
    return environment


KINDS = {"/apis/apps/v1": ("deployments", "Deployment"), "/apis/postgresql.cnpg.io/v1": ("clusters", "Cluster")}


@contextmanager
def cluster_with(names: Collection[str]) -> Iterator[str]:
    """Yield the address of an API server that has objects of these names, and can say no more than that."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            name = path.rsplit("/", 1)[-1]
            if kind := KINDS.get(path):
                plural, kind_name = kind
                resource = {"name": plural, "kind": kind_name, "namespaced": True, "verbs": ["get"]}
                found = {
                    "kind": "APIResourceList",
                    "groupVersion": path.removeprefix("/apis/"),
                    "resources": [resource],
                }
            elif name in names:
                found = {"apiVersion": "v1", "kind": "Found", "metadata": {"name": name}}
            else:
                found = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
            told = json.dumps(found).encode()
            self.send_response(found.get("code", 200))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
