"""Services: how many ask, how many fail, how long it takes (RED); what is short; what the processes need."""

from panels import RATE, Board, Query, Row, Threshold, budget_left, choice, figure, lines

OF_JOB = 'job=~"$job"'
ROUTES = f'{OF_JOB}, route!~"/health.*|/metrics"'


def _quantile(of: float) -> str:
    buckets = f"rate(http_request_duration_seconds_bucket{{{ROUTES}}}{RATE})"
    return f"histogram_quantile({of}, sum by (job, route, le) ({buckets}))"


BOARD = Board(
    uid="fluxo-services",
    title="Fluxo: services",
    what="Rate, errors and duration of every route; queues, breakers and caches; memory and processor of each process.",
    variables=[choice("job", "Process", 'label_values(up{job=~".*(entries-.+|balances-.+|dashboard)"}, job)')],
    rows=[
        Row(
            "Objectives",
            [
                budget_left("day_reads", "Budget left: day reads within 100 ms"),
                budget_left("writes_accepted", "Budget left: writes accepted"),
                budget_left("visible_in_time", "Budget left: visible within 1 s"),
                figure(
                    "Alerts that fire",
                    "short",
                    Query('count by (severity) (ALERTS{alertstate="firing"}) or vector(0)', "{{severity}}"),
                    thresholds=(Threshold(None, "green"), Threshold(1, "red")),
                ),
                figure(
                    "Instances that answer",
                    "short",
                    Query('sum by (job) (up{job=~".*(entries-.+|balances-.+|dashboard)"})', "{{job}}"),
                    thresholds=(Threshold(None, "red"), Threshold(1, "green")),
                ),
            ],
            height=5,
        ),
        Row(
            "Requests",
            [
                lines(
                    "Requests",
                    "reqps",
                    Query(
                        f"sum by (method, route) (rate(http_request_duration_seconds_count{{{ROUTES}}}{RATE}))",
                        "{{method}} {{route}}",
                    ),
                    stacked=True,
                ),
                lines(
                    "Failed (5xx), as a share",
                    "percentunit",
                    Query(
                        f'sum by (route) (rate(http_request_duration_seconds_count{{{ROUTES}, status=~"5.."}}{RATE})) '
                        f"/ sum by (route) (rate(http_request_duration_seconds_count{{{ROUTES}}}{RATE}))",
                        "{{route}}",
                    ),
                    thresholds=(Threshold(None, "green"), Threshold(0.001, "red")),
                ),
                lines(
                    "Refused (4xx)",
                    "reqps",
                    Query(
                        "sum by (route, status) "
                        f'(rate(http_request_duration_seconds_count{{{ROUTES}, status=~"4.."}}{RATE}))',
                        "{{status}} {{route}}",
                    ),
                ),
            ],
        ),
        Row(
            "Duration",
            [
                lines("Median", "s", Query(_quantile(0.5), "{{route}}")),
                lines("99 %", "s", Query(_quantile(0.99), "{{route}}")),
                lines(
                    "99.9 %",
                    "s",
                    Query(_quantile(0.999), "{{route}}"),
                    thresholds=(Threshold(None, "green"), Threshold(0.1, "red")),
                ),
            ],
        ),
        Row(
            "Saturation",
            [
                lines(
                    "Bulkheads",
                    "short",
                    Query(f"sum by (name) (bulkhead_running{{{OF_JOB}}})", "{{name}}: inside"),
                    Query(f"sum by (name) (bulkhead_waiting{{{OF_JOB}}})", "{{name}}: waiting"),
                ),
                lines(
                    "Streams of changes that are open",
                    "short",
                    Query(f"balance_change_streams{{{OF_JOB}}}", "{{instance}}"),
                ),
                lines(
                    "Turned away",
                    "reqps",
                    Query(f"sum by (job, name) (rate(bulkhead_refused_total{{{OF_JOB}}}{RATE}))", "{{job}} {{name}}"),
                ),
                lines(
                    "Entries that wait to be written",
                    "short",
                    Query(f"fluxo_group_commit_queue_rows{{{OF_JOB}}}", "{{instance}}"),
                    what="An API refuses above 2,000.",
                ),
                lines(
                    "Entries in one statement",
                    "short",
                    Query(
                        f"sum by (instance) (rate(fluxo_group_commit_rows_sum{{{OF_JOB}}}{RATE})) "
                        f"/ sum by (instance) (rate(fluxo_group_commit_rows_count{{{OF_JOB}}}{RATE}))",
                        "{{instance}}: mean",
                    ),
                ),
            ],
        ),
        Row(
            "Dependencies and caches",
            [
                lines(
                    "Circuit breakers",
                    "short",
                    Query(f"max by (job, name) (circuit_breaker_state{{{OF_JOB}}})", "{{job}} {{name}}"),
                    what="0 closed, 1 half open, 2 open.",
                    thresholds=(Threshold(None, "green"), Threshold(1, "red")),
                ),
                lines(
                    "Near cache: share of hits",
                    "percentunit",
                    Query(
                        f'sum by (instance) (rate(balance_near_cache_lookups_total{{{OF_JOB}, outcome="hit"}}{RATE})) '
                        f"/ sum by (instance) (rate(balance_near_cache_lookups_total{{{OF_JOB}}}{RATE}))",
                        "{{instance}}",
                    ),
                ),
                lines(
                    "Balances by origin",
                    "reqps",
                    Query(f"sum by (origin) (rate(balance_answers_total{{{OF_JOB}}}{RATE}))", "{{origin}}"),
                    stacked=True,
                ),
                lines(
                    "Near cache: size, and whether it is told of changes",
                    "short",
                    Query(f"balance_near_cache_entries{{{OF_JOB}}}", "{{instance}}: answers"),
                    Query(f"balance_near_cache_bytes{{{OF_JOB}}}", "{{instance}}: bytes"),
                    Query(f"balance_near_cache_is_tracking{{{OF_JOB}}}", "{{instance}}: is told"),
                    Query(
                        f"sum by (instance) (rate(balance_near_cache_invalidations_total{{{OF_JOB}}}{RATE}))",
                        "{{instance}}: changes a second",
                    ),
                ),
            ],
        ),
        Row(
            "Processes",
            [
                lines("Resident memory", "bytes", Query(f"process_resident_memory_bytes{{{OF_JOB}}}", "{{instance}}")),
                lines(
                    "Processor",
                    "percentunit",
                    Query(f"rate(process_cpu_seconds_total{{{OF_JOB}}}{RATE})", "{{instance}}"),
                    what="1 is one core; a process uses no more than one.",
                ),
                lines("Open files", "short", Query(f"process_open_fds{{{OF_JOB}}}", "{{instance}}")),
                lines(
                    "Running for",
                    "s",
                    Query(f"time() - process_start_time_seconds{{{OF_JOB}}}", "{{job}} {{instance}}"),
                ),
            ],
        ),
    ],
)
