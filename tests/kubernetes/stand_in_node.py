"""A node without a kubelet: it says of every pod that it runs and is ready, or, of a Job's, that it ended well."""

import threading
from datetime import UTC, datetime
from typing import Any

from tests.kubernetes.control_plane import MERGE, ControlPlane

NAME = "stand-in"
ROOM = {"cpu": "64", "memory": "256Gi", "pods": "500", "ephemeral-storage": "500Gi"}


class StandInNode:
    """Nothing of any pod runs; `close` ends the pretence."""

    def __init__(self, cluster: ControlPlane) -> None:
        self._cluster, self._over = cluster, threading.Event()
        cluster.make("/api/v1/nodes", {"metadata": {"name": NAME, "labels": {"kubernetes.io/hostname": NAME}}})
        ready = [{"type": "Ready", "status": "True", "reason": "StandIn", "message": "no kubelet"}]
        self._say(f"/api/v1/nodes/{NAME}/status", {"capacity": ROOM, "allocatable": ROOM, "conditions": ready})
        cluster.open_node(NAME)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._over.wait(0.2):
            for pod in self._cluster.api.get(f"/api/v1/pods?fieldSelector=spec.nodeName={NAME}").json()["items"]:
                self._serve(pod)

    def _serve(self, pod: dict[str, Any]) -> None:
        path = "/api/v1/namespaces/{namespace}/pods/{name}".format_map(pod["metadata"])
        if "deletionTimestamp" in pod["metadata"]:
            self._cluster.api.request("DELETE", path, json={"gracePeriodSeconds": 0})
        elif pod["status"]["phase"] == "Pending":
            self._say(f"{path}/status", _ended() if pod["spec"]["restartPolicy"] == "Never" else _ready())

    def _say(self, path: str, status: dict[str, Any]) -> None:
        self._cluster.api.patch(path, json={"status": status}, headers=MERGE)


def _ready() -> dict[str, Any]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    conditions = [
        {"type": each, "status": "True", "lastTransitionTime": now}
        for each in ("Initialized", "ContainersReady", "Ready")
    ]
    return {"phase": "Running", "startTime": now, "podIP": "192.0.2.1", "conditions": conditions}


def _ended() -> dict[str, Any]:
    return {"phase": "Succeeded", "startTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
