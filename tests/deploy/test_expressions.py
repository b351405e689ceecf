"""Every metric that a rule, an alert or a dashboard asks for is in the reference."""

import pytest

from tests.deploy.expressions import in_dashboards, in_rules, known, metrics_of, unknown


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ("up", {"up"}),
        ('sum by (job) (rate(a_total{b=~"{c}|d_total", e="f"}[5m])) > 0', {"a_total"}),
        ("slo:x:rate5m / on (slo) group_left () (slo:y > bool 0) or vector(0)", {"slo:x:rate5m", "slo:y"}),
        ("histogram_quantile(0.99, sum by (le) (rate(d_bucket[1m]))) unless time() - g", {"d_bucket", "g"}),
    ],
)
def test_what_an_expression_asks_for(expression, metrics):
    assert metrics_of(expression) == metrics


def test_rules_ask_only_for_metrics_that_there_are():
    assert unknown(in_rules()) == {}


def test_dashboards_ask_only_for_metrics_that_there_are():
    assert unknown(in_dashboards()) == {}


def test_no_metric_of_ours_is_measured_and_never_looked_at():
    looked_at = set().union(*(metrics_of(each.text) for each in in_rules() + in_dashboards()))
    ours = {name for name in known() if name.startswith(("fluxo_", "balance_")) and not name.endswith("_sum")}
    measured = {name.removesuffix("_bucket").removesuffix("_count") for name in ours}
    assert {name for name in measured if not any(each.startswith(name) for each in looked_at)} == set()
