"""All scenarios, in the order in which they are measured."""

from typing import Final

from benchmarks.scenario import Scenario
from benchmarks.scenarios import (
    attacks,
    back_dated,
    backlog,
    bulk,
    burst,
    cache_get,
    cached_day,
    each_killed,
    imports,
    layouts,
    lone_write,
    long_history,
    long_range,
    many_cores,
    many_merchants,
    memory,
    noisy_neighbour,
    open_pages,
    page_today,
    profiles,
    record_entry,
    replica_killed,
    replicas,
    steady,
    uncached_day,
    very_long_history,
    visible,
)

SCENARIOS: Final[dict[str, Scenario]] = {
    module.SCENARIO.name: module.SCENARIO
    for module in (
        cached_day,
        burst,
        cache_get,
        uncached_day,
        long_range,
        record_entry,
        lone_write,
        bulk,
        imports,
        backlog,
        visible,
        open_pages,
        page_today,
        back_dated,
        steady,
        replica_killed,
        each_killed,
        noisy_neighbour,
        attacks,
        memory,
        long_history,
        many_merchants,
        replicas,
        many_cores,
        profiles,
        very_long_history,
        layouts,
    )
}
