"""A release of the chart, and what the API server knows of it."""

import json

from tests.deploy.chart import LEAST
from tests.deploy.values_table import CHART
from tests.kubernetes.control_plane import ControlPlane

PROCESSES = {"entries-api", "entries-relay", "balances-api", "balances-projector", "dashboard"}
KINDS = {
    "deployments": "apps/v1",
    "jobs": "batch/v1",
    "horizontalpodautoscalers": "autoscaling/v2",
    "scaledobjects": "keda.sh/v1alpha1",
    "triggerauthentications": "keda.sh/v1alpha1",
    "clusters": "postgresql.cnpg.io/v1",
    "servicemonitors": "monitoring.coreos.com/v1",
    "prometheusrules": "monitoring.coreos.com/v1",
    "poddisruptionbudgets": "policy/v1",
    "networkpolicies": "networking.k8s.io/v1",
}


class Release:
    """One in a namespace of its own, both of one name."""

    def __init__(self, cluster: ControlPlane, name: str) -> None:
        self.cluster, self.name = cluster, name
        cluster.namespace(name)

    def helm(self, command: str, *arguments, **values) -> str:
        chosen = self.cluster.directory / "values.json"
        chosen.write_text(json.dumps(LEAST | values))
        chart = (CHART, "--values", chosen, "--wait", "--timeout", "5m") if command in {"install", "upgrade"} else ()
        return self.cluster.helm(command, "fluxo", *chart, *arguments, "--namespace", self.name)

    def of(self, kind: str) -> dict[str, dict]:
        found = self.cluster.listed(f"/apis/{KINDS[kind]}/namespaces/{self.name}/{kind}")
        return {name.removeprefix("fluxo-"): each for name, each in found.items()}

    def available(self) -> dict[str, int]:
        """How many pods of each process are."""
        return {name: each["status"].get("availableReplicas", 0) for name, each in self.of("deployments").items()}

    def pods(self) -> dict[str, dict]:
        return self.cluster.listed(f"/api/v1/namespaces/{self.name}/pods")

    def revision(self) -> tuple[int, str]:
        (known,) = json.loads(self.cluster.helm("list", "--namespace", self.name, "--output", "json"))
        return int(known["revision"]), known["status"]
