from fluxo_chassis.observability.metrics.descriptions import Metric, describe
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class Rooms(Collector):
    def collect(self):
        family = GaugeMetricFamily("rooms", "Rooms that are free.", labels=["floor"])
        family.add_metric(["1"], 3)
        yield family


def test_a_metric_is_described_by_the_name_it_is_queried_by_before_it_has_a_value():
    registry = CollectorRegistry()
    Counter("guests", "Guests that came.", ["country"], registry=registry)
    Histogram("stay_seconds", "How long they stayed.", buckets=(1, 2.5), registry=registry)
    registry.register(Rooms())
    assert describe("hotel", registry) == [
        Metric("guests_total", "counter", ["country"], "Guests that came.", [], "hotel"),
        Metric("rooms", "gauge", ["floor"], "Rooms that are free.", [], "hotel"),
        Metric("stay_seconds", "histogram", [], "How long they stayed.", [1.0, 2.5], "hotel"),
    ]


def test_the_client_librarys_own_metrics_are_left_to_a_note():
    registry = CollectorRegistry()
    Counter("python_snakes", "Snakes.", registry=registry)
    assert describe("zoo", registry) == []
