"""The business: what merchants do, and whether the promises to them are kept. It knows no merchant and no amount."""

from panels import RATE, Board, Query, Row, Threshold, budget_left, figure, lines

READS = 'http_request_duration_seconds_count{route=~"/v1/daily-balances.*"'
WRITES = 'http_request_duration_seconds_count{method="POST", route=~"/v1/entries.*"'

BOARD = Board(
    uid="fluxo-business",
    title="Fluxo: business",
    what="Entries and reads as merchants make them, and what is left of each promise. No merchant and no amount.",
    rows=[
        Row(
            "Promises, over 30 days",
            [
                budget_left("day_reads", "Budget left: day reads within 100 ms"),
                budget_left("writes_accepted", "Budget left: writes accepted"),
                budget_left("visible_in_time", "Budget left: visible within 1 s"),
                figure(
                    "Entries in 24 hours",
                    "short",
                    Query("sum by (direction) (increase(fluxo_entries_recorded_total[24h]))", "{{direction}}"),
                ),
            ],
            height=5,
        ),
        Row(
            "Entries",
            [
                lines(
                    "Entries a minute",
                    "short",
                    Query(f"60 * sum by (direction) (rate(fluxo_entries_recorded_total{RATE}))", "{{direction}}"),
                    what="A reversal counts in the direction opposite to its original's.",
                    stacked=True,
                ),
                lines(
                    "Requests to record, by what became of them",
                    "short",
                    Query(f"60 * sum by (disposition) (rate(fluxo_entries_appended_total{RATE}))", "{{disposition}}"),
                    what="A minute. Replayed: the same request came again and got its first answer.",
                ),
                lines(
                    "Writes that merchants were refused",
                    "short",
                    Query(f'60 * sum by (status) (rate({WRITES}, status=~"[45].."}}{RATE}))', "{{status}}"),
                    what="A minute.",
                ),
            ],
        ),
        Row(
            "Reads",
            [
                lines(
                    "Reads a minute",
                    "short",
                    Query(f"60 * sum by (route) (rate({READS}}}{RATE}))", "{{route}}"),
                    stacked=True,
                ),
                lines(
                    "Reads that merchants were refused",
                    "short",
                    Query(f'60 * sum by (status) (rate({READS}, status=~"[45].."}}{RATE}))', "{{status}}"),
                    what="A minute.",
                ),
                lines(
                    "Reads that waited for an entry: 99 %",
                    "s",
                    Query(
                        f"histogram_quantile(0.99, sum by (le) (rate(balance_after_entry_wait_seconds_bucket{RATE})))",
                        "wait",
                    ),
                ),
            ],
        ),
        Row(
            "Promises, as they are kept",
            [
                lines(
                    "Kept, over an hour",
                    "percentunit",
                    Query("1 - slo:error_ratio:rate1h", "{{slo}}"),
                ),
                lines(
                    "Visible within a second",
                    "percentunit",
                    Query(
                        f'sum(rate(fluxo_recorded_to_visible_seconds_bucket{{le="1.0"}}{RATE})) '
                        f"/ sum(rate(fluxo_recorded_to_visible_seconds_count{RATE}))",
                        "share of entries",
                    ),
                ),
                lines(
                    "How fast budgets burn, over an hour",
                    "short",
                    Query("slo:error_ratio:rate1h / (1 - slo:objective:ratio)", "{{slo}}"),
                    what="1: the budget lasts exactly a month. 14.4 wakes somebody.",
                    thresholds=(Threshold(None, "green"), Threshold(1, "orange"), Threshold(14.4, "red")),
                ),
            ],
        ),
    ],
)
