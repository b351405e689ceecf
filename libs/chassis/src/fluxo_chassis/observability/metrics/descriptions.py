"""What a process measures, as its registry describes it: what a reference is made from."""

from typing import Any, Final

import msgspec
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

LIBRARY: Final = ("process_", "python_")
"""What the client library adds differs with the operating system and the interpreter."""


class Metric(msgspec.Struct, frozen=True):
    """`name` as it is queried (a counter's ends in `_total`); `bounds` are a histogram's upper bounds, in its unit."""

    name: str
    type: str
    labels: list[str]
    help: str
    bounds: list[float] = []
    process: str = ""


def describe(process: str, registry: CollectorRegistry = REGISTRY) -> list[Metric]:
    """Return the metrics of this process that are not the client library's own, by name."""
    metrics = []
    for collector in registry._collector_to_names:  # noqa: SLF001 - the library has no other way to list its collectors
        families, labels, bounds = _described(collector)
        for family in families:
            name = f"{family.name}_total" if family.type == "counter" else family.name
            if not name.startswith(LIBRARY):
                metrics.append(Metric(name, family.type, labels, family.documentation, bounds, process))
    return sorted(metrics, key=lambda metric: metric.name)


def _described(collector: Any) -> tuple[list[Any], list[str], list[float]]:
    """The families of a collector, with its labels and bounds."""
    if not isinstance(collector, MetricWrapperBase):
        families = list(collector.collect())
        return families, sorted({label for family in families for each in family.samples for label in each.labels}), []
    # With labels it exposes nothing before it has its first child, so it is not asked what it exposes.
    own = vars(collector)
    bounds = [float(bound) for bound in own["_kwargs"].get("buckets", ())]
    return list(collector.describe()), list(own["_labelnames"]), bounds


def lines(process: str) -> bytes:
    return b"".join(msgspec.json.encode(metric) + b"\n" for metric in describe(process))
