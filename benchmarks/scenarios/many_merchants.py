"""Entries of one merchant, of thousands, and of thousands of whom one has half."""

from collections.abc import Iterator

from benchmarks import wrk
from benchmarks.cost import cost_of
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.system import System
from benchmarks.tools import WRK

CONNECTIONS = 64


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    bench.say(f"signing tokens of {bench.pace.merchants:,} merchants")
    tokens = [system.token(f"many-{number}") for number in range(bench.pace.merchants)]
    mixes = {
        "one_merchant": wrk.Entries(tokens[:1], ""),
        "many_merchants": wrk.Entries(tokens, ""),
        "a_hot_merchant": wrk.Entries(tokens, "", hot_share=0.5),
    }
    # Everybody is known before: the first entry of a merchant costs a row more.
    wrk.record(system.entries_url, wrk.Entries(tokens, "warm-up"), connections=CONNECTIONS, seconds=bench.pace.seconds)
    for number in bench.rounds():
        figures: dict[str, float] = {"merchants": bench.pace.merchants, "errors": 0}
        cpu_us: dict[str, dict[str, float]] = {}
        turn = number % len(mixes)
        for name in [*mixes, *mixes][turn : turn + len(mixes)]:
            until_quiet(system)
            entries = wrk.Entries(mixes[name].tokens, f"{number}-{name}", hot_share=mixes[name].hot_share)
            with cost_of(system) as cost:
                result = wrk.record(
                    system.entries_url, entries, connections=CONNECTIONS, seconds=bench.pace.seconds / 2
                )
                until_quiet(system)
            figures[f"entries_of_{name}_per_s"] = result.per_s
            figures["errors"] += result.errors
            words = name.replace("_", " ")
            cpu_us[f"entry of {words}, to its balance"] = cost.us_per(result.requests)
            figures[f"cpu_an_entry_of_{name}_us"] = sum(cost.cpu_s.values()) / result.requests * 1e6
        for name in ("many_merchants", "a_hot_merchant"):
            one, other = figures["cpu_an_entry_of_one_merchant_us"], figures[f"cpu_an_entry_of_{name}_us"]
            figures[f"ratio_of_cpu_of_{name}_to_one"] = other / one
        hot, many = figures["cpu_an_entry_of_a_hot_merchant_us"], figures["cpu_an_entry_of_many_merchants_us"]
        figures["ratio_of_cpu_of_a_hot_merchant_to_many"] = hot / many
        yield Round(figures, cpu_us)


SCENARIO = Scenario(
    name="many-merchants",
    title="Very many merchants, and one who gets half of all entries",
    method=(
        "wrk with 64 connections records entries of one merchant, of all in turn, and of all in turn but every "
        "second one of the same. CPU is that of all processes from the request to the balance, for each entry; a "
        "token is verified once a minute and merchant, so many merchants cost more signatures. The hot merchant's "
        "ratio to many shows what it costs that half of all writes meet in the same day."
    ),
    measure=measure,
    targets=(Target("ratio_of_cpu_of_a_hot_merchant_to_many", at_most=1.3), Target("errors", at_most=0)),
    needs=(WRK,),
    is_quick=False,
)
