"""etcd, the API server, the controllers and the scheduler of Kubernetes, as processes of this machine's own."""

import json
import signal
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fluxo_local.spawn import spawn, stop

from tests.deploy.containers.engine import told
from tests.harness.ports import free_port
from tests.harness.waiting import until
from tests.kubernetes.programs import CACHE, DEFINITIONS, module

ADMIN = "of-the-admin"
SERVICES = "10.96.0.0/16"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
HERE = "127.0.0.1"
MERGE = {"Content-Type": "application/merge-patch+json"}


class ControlPlane:
    """`close` ends all of its processes."""

    def __init__(self, directory: Path, address: str = HERE) -> None:
        """`address` is the one by which nodes find it."""
        self.directory, self.address = directory, address
        self._processes = ExitStack()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        clients, peers, port = f"http://{HERE}:{free_port()}", f"http://{HERE}:{free_port()}", free_port()
        urls = [f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}"]
        urls += [f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"]
        self._run("etcd", f"--data-dir={self.directory / 'etcd'}", f"--initial-cluster=default={peers}", *urls)
        key = self._file("accounts.pem", _private_key())
        tokens = self._file("tokens.csv", f"{ADMIN},admin,admin,system:masters\n".encode())
        certificates = self.directory / "certificates"
        self._run(
            "kube-apiserver",
            f"--etcd-servers={clients}",
            f"--bind-address={HERE}",
            f"--advertise-address={self.address}",
            "--endpoint-reconciler-type=none",
            f"--secure-port={port}",
            f"--cert-dir={certificates}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
        )
        authority = certificates / "apiserver.crt"
        until(authority.exists, what="the API server's certificate")
        self.api = httpx2.Client(
            base_url=f"https://{HERE}:{port}",
            headers={"Authorization": f"Bearer {ADMIN}"},
            verify=ssl.create_default_context(cafile=authority),
            timeout=60,
        )
        self._processes.callback(self.api.close)
        until(self._is_ready, what="the API server")
        self.kubeconfig = self._file("kubeconfig", _kubeconfig(f"https://{HERE}:{port}", authority))
        self.kubeconfig_of_nodes = _kubeconfig(f"https://{self.address}:{port}", authority)
        ours = (f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--secure-port=0")
        # No kubelet renews leases for a stand-in of a node.
        self._run(
            "kube-controller-manager",
            *ours,
            "--controllers=*,-node-lifecycle-controller",
            f"--service-account-private-key-file={key}",
            f"--root-ca-file={authority}",
        )
        self._run("kube-scheduler", *ours)

    def _file(self, name: str, content: bytes) -> Path:
        place = self.directory / name
        place.write_bytes(content)
        return place

    def _run(self, program: str, *options: str) -> None:
        with (self.directory / f"{program}.log").open("wb") as log:
            process = spawn([program if program == "etcd" else CACHE / program, *options], log=log)
        self._processes.callback(stop, process, [(signal.SIGTERM, 10.0)])

    def _is_ready(self) -> bool:
        try:
            return self.api.get("/readyz").status_code == 200
        except httpx2.HTTPError:
            return False

    def close(self) -> None:
        self._processes.close()

    def helm(self, *arguments: str | Path, within_s: float = 300) -> str:
        """What Helm says; AssertionError with its complaint."""
        home = {"HOME": str(self.directory), "PATH": "/usr/bin:/bin"}
        return told([CACHE / "helm", f"--kubeconfig={self.kubeconfig}", *arguments], within_s, home)

    def namespace(self, name: str) -> None:
        """Make one that takes restricted pods alone."""
        self.make("/api/v1/namespaces", {"metadata": {"name": name, "labels": RESTRICTED}})
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        until(lambda: self.api.get(account).status_code == 200, what=f"the account of {name}")

    def make(self, path: str, made: dict[str, Any]) -> dict[str, Any]:
        answer = self.api.post(path, json=made)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def listed(self, path: str) -> dict[str, dict[str, Any]]:
        """All of a kind, by their names."""
        answer = self.api.get(path)
        assert answer.status_code == 200, answer.text
        return {each["metadata"]["name"]: each for each in answer.json()["items"]}

    def open_node(self, name: str) -> None:
        """Let pods on a node that is ready, which a controller would that does not run here."""
        answer = self.api.patch(f"/api/v1/nodes/{name}", json={"spec": {"taints": None}}, headers=MERGE)
        assert answer.status_code == 200, answer.text

    def define(self) -> None:
        """Teach it the kinds of all three operators, out of their own modules."""
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for content in _definitions():
            answer = self.api.post(path, content=content, headers={"Content-Type": "application/yaml"})
            assert answer.status_code == 201, answer.text

        def established() -> bool:
            known = [each.get("status", {}).get("conditions") or () for each in self.listed(path).values()]
            return all(("Established", "True") in [(one["type"], one["status"]) for one in each] for each in known)

        until(established, what="the operators' definitions", every_s=0.5)


def _definitions() -> Iterator[bytes]:
    for pinned, place in DEFINITIONS.items():
        yield from (file.read_bytes() for file in sorted((module(pinned) / place).glob("*_*.yaml")))


def _private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _kubeconfig(url: str, authority: Path) -> bytes:
    parts = {
        "clusters": [{"name": "here", "cluster": {"server": url, "certificate-authority": str(authority)}}],
        "users": [{"name": "admin", "user": {"token": ADMIN}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
    }
    return json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "here"} | parts).encode()
