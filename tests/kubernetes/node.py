"""A node whose pods really run: containerd, a kubelet and a kube-proxy, in the space of the engine of tests/deploy."""

import json
import os
import signal
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from fluxo_local.spawn import spawn, stop

from tests.deploy.containers.engine import Engine, told
from tests.harness.waiting import until
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.programs import CACHE

NAME = "node"
HOST = "10.0.2.2"
"""This machine's own 127.0.0.1, in the network that slirp4netns makes."""
PODS = "10.244.0.0/16"
# What a kubelet would set for the whole machine: it finds it set, in files that only it sees.
SYSTEM = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1_000_000,
    "kernel/keys/root_maxbytes": 25_000_000,
}
OWN_PLACES = ("/var/log", "/var/lib/cni", "/var/lib/kubelet", "/run/netns")
PLUGINS = Path("/usr/lib/cni")


def what_is_missing() -> str:
    """Say what a node wants besides an engine; nothing where all is there."""
    return "" if PLUGINS.exists() else "not installed; apt install containernetworking-plugins"


class Node:
    """`close` ends what runs on it."""

    def __init__(self, engine: Engine, cluster: ControlPlane, directory: Path) -> None:
        self.engine, self.cluster, self._directory = engine, cluster, directory
        self._processes = ExitStack()
        directory.mkdir()
        self._own_places()
        self._containerd()
        self._kubelet()
        self._proxy()

    def _own_places(self) -> None:
        for place in OWN_PLACES:
            self.inside("sh", "-c", f"mkdir -p {place} && mount -t tmpfs tmpfs {place}")
        for name, value in SYSTEM.items():
            file = self._file(name.replace("/", "-"), f"{value}\n")
            self.inside("mount", "--bind", file, f"/proc/sys/{name}")
        # The engine closes what it does not know.
        self.inside("iptables", "-P", "FORWARD", "ACCEPT")

    def _containerd(self) -> None:
        addresses = {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
        bridge = {"type": "bridge", "bridge": "pods", "isGateway": True, "ipMasq": True, "hairpinMode": True}
        plugins = [bridge | {"ipam": addresses}, {"type": "portmap", "capabilities": {"portMappings": True}}]
        network = {"cniVersion": "0.4.0", "name": "pods", "plugins": plugins}
        networks = self._directory / "networks"
        networks.mkdir()
        (networks / "10-pods.conflist").write_text(json.dumps(network))
        self._socket = self._directory / "containerd.sock"
        configuration = self._file(
            "containerd.toml",
            f"""
            version = 2
            root = "{self._directory / "containerd"}"
            state = "/run/containerd/pods"
            disabled_plugins = ["io.containerd.internal.v1.opt"]
            [grpc]
            address = "{self._socket}"
            [plugins."io.containerd.grpc.v1.cri"]
            sandbox_image = "stand-in/pause:1"
            restrict_oom_score_adj = true
            [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{PLUGINS}"
            conf_dir = "{networks}"
            """,
        )
        self._run("containerd", "/usr/bin/containerd", f"--config={configuration}")
        until(self._socket.exists, what="containerd")

    def images(self, *names: str) -> None:
        """Hand over what the engine has built."""
        archive = self._directory / "images.tar"
        self.engine.docker("save", "--output", archive, *names, within_s=120)
        self._ctr("images", "import", archive, within_s=180)
        archive.unlink()

    def kill(self, container: str) -> None:
        """SIGKILL to the process of a container."""
        self._ctr("tasks", "kill", "--signal=SIGKILL", container)

    def _ctr(self, *arguments: str | Path, within_s: float = 60) -> None:
        self.inside("ctr", f"--address={self._socket}", "--namespace=k8s.io", *arguments, within_s=within_s)

    def _kubelet(self) -> None:
        kubeconfig = self._file("kubeconfig", self.cluster.kubeconfig_of_nodes.decode())
        configuration = {
            "kind": "KubeletConfiguration",
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "failCgroupV1": False,
            "failSwapOn": False,
            "protectKernelDefaults": True,
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self.engine.group}",
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "containerRuntimeEndpoint": f"unix://{self._socket}",
            "resolvConf": "/etc/resolv.conf",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "healthzPort": 0,
            "evictionHard": {"memory.available": "100Mi"},
            "podLogsDir": "/var/log/pods",
            "volumePluginDir": str(self._directory / "volumes"),
        }
        chosen = self._file("kubelet.json", json.dumps(configuration))
        options = [f"--config={chosen}", f"--kubeconfig={kubeconfig}", f"--hostname-override={NAME}"]
        self._kubelet_process = self._run("kubelet", CACHE / "kubelet", *options)
        until(self._is_ready, what="the node")
        self.cluster.open_node(NAME)

    def _is_ready(self) -> bool:
        log = self._directory / "kubelet.log"
        assert self._kubelet_process.poll() is None, log.read_text()[-3000:]
        known = self.cluster.listed("/api/v1/nodes").get(NAME, {})
        conditions = known.get("status", {}).get("conditions", [])
        return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)

    def _proxy(self) -> None:
        kubeconfig = self._directory / "kubeconfig"
        configuration: dict[str, Any] = {
            "kind": "KubeProxyConfiguration",
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "hostnameOverride": NAME,
            "clusterCIDR": PODS,
            "mode": "iptables",
            # The machine's, which is not to change.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }
        self._run("kube-proxy", CACHE / "kube-proxy", f"--config={self._file('proxy.json', json.dumps(configuration))}")

    def inside(self, *command: str | Path, within_s: float = 60) -> str:
        return told([*self.engine.enter, *command], within_s)

    def _file(self, name: str, content: str) -> Path:
        place = self._directory / name
        place.write_text(content)
        return place

    def _run(self, name: str, *command: str | Path) -> Any:
        with (self._directory / f"{name}.log").open("wb") as log:
            # Others than root live in what containerd makes: by the mask of `spawn`, no library could be read there.
            process = spawn([*self.engine.enter, *command], log=log, before_exec=partial(os.umask, 0o022))
        self._processes.callback(stop, process, [(signal.SIGTERM, 10.0)])
        return process

    def close(self) -> None:
        self._processes.close()
