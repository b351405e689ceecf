"""docs/operating/logs.md lists the fields that lines have, and shows one."""

import re
from pathlib import Path

import orjson
import pytest
import structlog
from fluxo_chassis.http.request_log import Kind, RequestLog
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.settings import ProcessSettings

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[4] / "docs" / "operating" / "logs.md").read_text()


@pytest.fixture
async def lines(logging_restored, capfdbinary):
    """The line of a request, and one about an exception."""
    configure_logging(ProcessSettings(log_format="json"), "fluxo-entries")
    account = RequestLog()
    account.note(Kind("POST", "/v1/entries", 201), "t-1", 0.001, tracing.start_trace(None))
    account.settle()
    structlog.get_logger("somewhere").error("failed", exc_info=ValueError("why"), count=1)
    return [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


async def test_the_table_names_every_field_and_no_other(lines):
    documented = set(re.findall(r"^\| `([a-z@._…]+)`", PAGE, re.MULTILINE)) - {"fluxo.…"}
    found = {name for line in lines for name in line if not name.startswith("fluxo.")}
    assert documented == found


async def test_the_example_is_a_line_of_today(lines):
    (shown,) = re.findall(r'^\{"@timestamp".*\}$', PAGE, re.MULTILINE)
    assert list(orjson.loads(shown)) == list(lines[0])
