from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from fluxo_balances.application.projecting.ports import SkipReason

batch_size: Final = Histogram(
    "fluxo_projector_batch_events",
    "Events handled together.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000),
)
projected_events: Final = Counter(
    "fluxo_projected_events",
    "Events that were applied, and events that had been applied before.",
    ["outcome"],
)
applied_events: Final = projected_events.labels("applied")
duplicate_events: Final = projected_events.labels("duplicate")
events_skipped: Final = Counter(
    "fluxo_events_skipped", "Events of types or versions that the balances do not read.", ["reason"]
)
# From the start: where the first one made the series, nobody would see it rise.
skipped_events: Final = {reason: events_skipped.labels(reason.value) for reason in SkipReason}
dead_letters: Final = Counter("fluxo_dead_letters", "Events that could not be applied.")
dead_letters_waiting: Final = Gauge(
    "fluxo_dead_letters_waiting", "Dead letters that nobody has redriven or discarded yet."
)
recorded_to_visible: Final = Histogram(
    "fluxo_recorded_to_visible_seconds",
    "Time from an entry's recording until every read shows it.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600),
)
unread_events: Final = Gauge("fluxo_stream_unread_events", "Events that no projector got yet.")
pending_events: Final = Gauge("fluxo_stream_pending_events", "Events that a projector got and did not acknowledge.")
unacknowledged_events: Final = Gauge(
    "fluxo_projector_unsettled_events", "Applied events that wait for the cache before they are acknowledged."
)
