from collections.abc import Iterator

from prometheus_client import REGISTRY, Counter, Gauge
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class Lookups(Collector):
    """Counts without the client library's lock, which costs as much as a look-up; only one thread counts."""

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(
            "balance_near_cache_lookups", "Answers looked for in this process.", labels=["outcome"]
        )
        family.add_metric(["hit"], self.hits)
        family.add_metric(["miss"], self.misses)
        yield family


lookups = Lookups()
REGISTRY.register(lookups)

invalidations = Counter("balance_near_cache_invalidations", "Changes that the cache told of, one for each merchant.")
is_tracking = Gauge("balance_near_cache_is_tracking", "1 while the cache tells of changes; else nothing is kept.")
entries = Gauge("balance_near_cache_entries", "Answers kept in this process.")
size_bytes = Gauge("balance_near_cache_bytes", "What the answers kept in this process take up.")
