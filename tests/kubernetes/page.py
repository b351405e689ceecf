"""The page that shows what was tried on Kubernetes."""

from typing import Any

HEAD = """# The chart on Kubernetes

Written by `make test-kubernetes`, from [kubernetes.json](kubernetes.json), which it writes too. Do not edit it.

The API server, the controllers, the scheduler and Helm were built of their published Go modules; etcd is Debian's. The
definitions of the kinds that KEDA, CloudNativePG and the Prometheus operator bring are those of their modules. Pods ran
in one of the stories alone: in the others there was no kubelet. No operator ran, so no database was made and nothing
was scaled; no network policy was enforced.
"""
OBJECTS = """
## What the chart makes

Asked of the API server without being kept, with unknown fields refused and restricted Pod Security enforced.
"""
RELEASES = """
## Releases

Installed, upgraded, rolled back and uninstalled by Helm in a namespace that takes restricted pods alone. **No container
ran**: a stand-in said of each pod that it is ready, and of each Job's that it ended well.
"""
RUNNING = """
## Pods that run

On one node: the kubelet and kube-proxy of Kubernetes' module, with cgroupfs and without a group for each pod
(`cgroupsPerQOS: false`), Debian's containerd, runc and network plug-ins. The images are ours on stand-ins, as
`make test-deploy` makes them; the databases, streams and cache are those of `make up`, outside of the cluster. While
pods were killed (SIGKILL to both of every process, one after the other), rolled by an upgrade and evicted, a merchant
recorded entries, each until it was acknowledged, and read the day, at most three times where a connection broke. A test
passes where both services then count every acknowledged entry once, and at most one read of a thousand failed.
"""
SCALER = """
## What KEDA makes of the stream

KEDA's redis-streams scaler, compiled without its other scalers and asked as its operator asks it, by the trigger that
the chart writes, on a Valkey of `make up` with ten events. What is read and not acknowledged is no part of the lag.
"""
HEADS = {"objects": OBJECTS, "releases": RELEASES, "running": RUNNING, "keda_scaler": SCALER}


def page(stories: dict[str, dict[str, Any]]) -> str:
    return HEAD + "".join(HEADS[name] + _shown(told) for name, told in stories.items())


def _shown(told: dict[str, Any]) -> str:
    tests = [(outcome, name) for outcome in ("failed", "skipped", "passed") for name in told[outcome]]
    lines = [f"| {_sentence(name)} | {outcome} |" for outcome, name in tests]
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    about = f"{told['date']}, commit {told['commit']}, {told['seconds']} s; {versions}."
    recorded = "".join(f"- {each}\n" for each in told.get("recorded", ()))
    return f"\n{about}\n\n| test | |\n|---|---|\n" + "\n".join(lines) + "\n" + (recorded and f"\n{recorded}")


def _sentence(name: str) -> str:
    """`objects: test_a_pod_is_refused[field]`, as people read it."""
    test, _, case = name.partition(": test_")[2].partition("[")
    return test.replace("_", " ") + (f" ({case.removesuffix(']')})" if case else "")
