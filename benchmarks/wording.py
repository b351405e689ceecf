"""Figures and targets as people read them. The unit is in a figure's name."""

import math
from typing import Any, Final

_UNITS: Final = {
    "_per_s": "{:,.0f}/s",
    "_ms": "{:,.2f} ms",
    "_us": "{:,.1f} µs",
    "_mb": "{:,.0f} MB",
    "_percent": "{:.3g} %",
    "_s": "{:,.1f} s",
}
_NOTHING: Final = "–"


def figure_in_words(name: str, value: float | None) -> str:
    """Return "12,345/s", "4.20 ms", "0.42 ×", or a plain count."""
    if value is None or math.isnan(value):
        return _NOTHING
    if name.startswith("ratio"):
        return f"{value:.2f} ×"
    for suffix, shape in _UNITS.items():
        if name.endswith(suffix):
            return shape.format(value)
    return f"{value:,.0f}"


def name_in_words(name: str) -> str:
    """Return the figure's name without its unit, as words: "p99_of_1_year_ms" is "p99 of 1 year"."""
    for suffix in _UNITS:
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", " ") + (" a second" if suffix == "_per_s" else "")
    return name.replace("_", " ")


def target_in_words(target: dict[str, Any]) -> str:
    """Return "≥ 0.30 ×"."""
    name = target["figure"]
    sides = [("≥", target["at_least"]), ("≤", target["at_most"])]
    return ", ".join(f"{sign} {figure_in_words(name, value)}" for sign, value in sides if value is not None)
