from fluxo_chassis.observability.metrics.descriptions import Metric

from deploy.metrics_page import page


def test_the_page_names_a_shared_metric_once_with_every_process_that_has_it():
    shared = {"name": "stay_seconds", "type": "histogram", "labels": [], "help": "How long.", "bounds": [0.1, 1.0]}
    text = page([Metric(**shared, process="inn"), Metric(**shared, process="hotel")])
    assert "| `stay_seconds` | histogram | seconds | – | hotel<br>inn | How long. |" in text
    assert "| `stay_seconds` | 0.1, 1 |" in text
