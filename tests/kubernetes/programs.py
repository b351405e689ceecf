"""The programs of a cluster, built of Go modules that are pinned beside this file, and kept in the user's cache."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.deploy.containers.engine import told

TOOLS = Path(__file__).with_name("tools")
SCALER = Path(__file__).with_name("keda")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fluxo" / "kubernetes"
BUILD_WITHIN_S = 3600
"""All of it, cold, on one busy core."""
GO_MIN = (1, 26)
_KEDA = "github.com/kedacore/keda/v2@v2.21.0"
DEFINITIONS = {
    _KEDA: "config/crd/bases",
    "github.com/cloudnative-pg/cloudnative-pg@v1.29.0": "config/crd/bases",
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": "example/prometheus-operator-crd",
}
"""Where the operators' modules have the definitions of their kinds."""


def what_is_missing() -> str:
    """Say why no control plane can run here; nothing where one can."""
    if not shutil.which("etcd"):
        return "etcd is not installed; apt install etcd-server"
    if not shutil.which("go"):
        return "Go is not installed; https://go.dev/dl"
    version = told(["go", "env", "GOVERSION"], environment=_environment()).strip()
    if tuple(int(part) for part in version.removeprefix("go").split(".")[:2]) < GO_MIN:
        return f"{version} is too old; Kubernetes wants Go {GO_MIN[0]}.{GO_MIN[1]}"
    return ""


def build() -> None:
    """Fetch and build what is not in the cache, which takes half an hour once; raises CalledProcessError."""
    # As their makers do it: Helm asks the API server for its version, and the chart wants one.
    _build(TOOLS, f"-ldflags=-X k8s.io/component-base/version.gitVersion={_pinned('k8s.io/kubernetes')}", "tool")


def build_scaler() -> Path:
    """KEDA's redis-streams scaler with a way to ask it, without KEDA's other scalers."""
    theirs = module(_KEDA) / "pkg" / "scalers"
    files = ("scaler.go", "redis_scaler.go", "redis_streams_scaler.go")
    with tempfile.NamedTemporaryFile(suffix=".json") as overlay:
        laid = {"Replace": {str(SCALER / "scalers" / name): str(theirs / name) for name in files}}
        Path(overlay.name).write_text(json.dumps(laid))
        _build(SCALER, "-overlay", overlay.name, ".")
    return CACHE / "keda"


def _build(directory: Path, *arguments: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    command = ["nice", "-n", "5", "go", "build", "-o", f"{CACHE}/", *arguments]
    subprocess.run(command, cwd=directory, env=_environment(), timeout=BUILD_WITHIN_S, check=True)


def versions() -> dict[str, str]:
    """Of all that runs or is defined here, by its name."""
    built = {"Kubernetes": _pinned("k8s.io/kubernetes"), "Helm": _pinned("helm.sh/helm/v4")}
    names = ("KEDA", "CloudNativePG", "Prometheus Operator")
    defined = {name: each.rpartition("@")[2] for name, each in zip(names, DEFINITIONS, strict=True)}
    known = built | {"etcd": told(["etcd", "--version"]).split()[2]} | defined
    return {name: each.removeprefix("v") for name, each in known.items()}


def _pinned(path: str) -> str:
    """The version of a module of `tools/go.mod`."""
    command = ["go", "list", "-C", TOOLS, "-m", "-f", "{{.Version}}", path]
    return told(command, environment=_environment()).strip()


def module(pinned: str) -> Path:
    """The folder of a module at a version, fetched."""
    told_of = json.loads(told(["go", "mod", "download", "-json", pinned], 600, _environment()))
    return Path(told_of["Dir"])


def _environment() -> dict[str, str]:
    """No newer Go than the machine's is fetched, and two cores are not filled with compilers."""
    return {"GOFLAGS": "-p=2 -mod=readonly"} | os.environ | {"GOTOOLCHAIN": "local"}
