"""The pipeline: an entry's way from the outbox by the stream to the balances, in the order in which it goes."""

from panels import RATE, Board, Query, Row, Threshold, budget_left, figure, lines

ALARMING = (Threshold(None, "green"), Threshold(1, "red"))


def _visible(of: float) -> Query:
    buckets = f"sum by (le) (rate(fluxo_recorded_to_visible_seconds_bucket{RATE}))"
    return Query(f"histogram_quantile({of}, {buckets})", f"{of:.1%}")


def _mean(histogram: str, legend: str) -> Query:
    return Query(f"sum(rate({histogram}_sum{RATE})) / sum(rate({histogram}_count{RATE}))", legend)


BOARD = Board(
    uid="fluxo-pipeline",
    title="Fluxo: pipeline",
    what="From the outbox by the stream to the balances: what flows, what waits, how long it takes, what went wrong.",
    rows=[
        Row(
            "Now",
            [
                budget_left("visible_in_time", "Budget left: visible within 1 s"),
                figure(
                    "Oldest event not published",
                    "s",
                    Query("max(fluxo_outbox_oldest_age_seconds)", ""),
                    thresholds=(Threshold(None, "green"), Threshold(5, "orange"), Threshold(60, "red")),
                ),
                figure(
                    "Events nobody got yet",
                    "short",
                    Query("max(fluxo_stream_unread_events)", ""),
                    thresholds=(Threshold(None, "green"), Threshold(100, "orange"), Threshold(1000, "red")),
                ),
                figure("Dead letters", "short", Query("max(fluxo_dead_letters_waiting)", ""), thresholds=ALARMING),
            ],
            height=5,
        ),
        Row(
            "What flows",
            [
                lines(
                    "Recorded, published, projected, sealed",
                    "ops",
                    Query(f"sum(rate(fluxo_entries_recorded_total{RATE}))", "recorded"),
                    Query(f"sum(rate(fluxo_outbox_published_rows_total{RATE}))", "published"),
                    Query(f'sum(rate(fluxo_projected_events_total{{outcome="applied"}}{RATE}))', "applied"),
                    Query(f'sum(rate(fluxo_projected_events_total{{outcome="duplicate"}}{RATE}))', "duplicates"),
                    Query(f"sum(rate(fluxo_sealed_entries_total{RATE}))", "sealed"),
                    what="Duplicates are normal after a restart. Sealing falls behind while much is recorded.",
                ),
                lines(
                    "From recorded to visible",
                    "s",
                    _visible(0.5),
                    _visible(0.9),
                    _visible(0.99),
                    thresholds=(Threshold(None, "green"), Threshold(1, "red")),
                ),
                lines(
                    "Handled together, on average",
                    "short",
                    _mean("fluxo_group_commit_rows", "entries in a statement"),
                    _mean("fluxo_outbox_batch_rows", "rows published"),
                    _mean("fluxo_projector_batch_events", "events projected"),
                ),
            ],
        ),
        Row(
            "Outbox",
            [
                lines("Rows not published", "short", Query("max(fluxo_outbox_pending_rows)", "rows")),
                lines(
                    "Age of the oldest",
                    "s",
                    Query("max(fluxo_outbox_oldest_age_seconds)", "not published"),
                    Query("max(fluxo_outbox_held_back_seconds)", "held back by an open transaction"),
                    thresholds=(Threshold(None, "green"), Threshold(60, "red")),
                ),
                lines(
                    "Age of the oldest not acknowledged",
                    "s",
                    Query("max by (group) (fluxo_outbox_unacknowledged_seconds)", "{{group}}"),
                    thresholds=(Threshold(None, "green"), Threshold(900, "red")),
                ),
            ],
        ),
        Row(
            "Stream",
            [
                lines(
                    "Waiting events",
                    "short",
                    Query("max(fluxo_stream_unread_events)", "unread (lag)"),
                    Query("max(fluxo_stream_pending_events)", "pending"),
                    Query("sum(fluxo_projector_unsettled_events)", "applied, waiting for the cache"),
                ),
                lines(
                    "Loops that wait to try again",
                    "short",
                    Query(
                        'max by (job, name) (circuit_breaker_state{name=~"publishing|listening|projecting|applying"})',
                        "{{job}} {{name}}",
                    ),
                    what="0 works, 1 tries, 2 waits.",
                    thresholds=ALARMING,
                ),
                lines(
                    "Mishaps",
                    "short",
                    Query(f"sum(increase(fluxo_dead_letters_total{RATE}))", "dead letters"),
                    Query(f"sum by (reason) (increase(fluxo_events_skipped_total{RATE}))", "skipped: {{reason}}"),
                    Query(f"sum(increase(fluxo_outbox_gaps_total{RATE}))", "gaps in the stream"),
                    Query(f"sum(increase(fluxo_entry_events_vanished_total{RATE}))", "vanished events"),
                    what="Each has a row in docs/operating/runbook.md.",
                ),
            ],
        ),
    ],
)
