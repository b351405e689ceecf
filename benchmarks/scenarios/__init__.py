"""All scenarios, in the order in which they are measured."""

from typing import Final

from benchmarks.scenario import Scenario
from benchmarks.scenarios import bulk, cached_day, lone_write, long_range, record_entry, uncached_day, visible

SCENARIOS: Final[dict[str, Scenario]] = {
    module.SCENARIO.name: module.SCENARIO
    for module in (cached_day, uncached_day, long_range, record_entry, lone_write, bulk, visible)
}
