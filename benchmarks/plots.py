"""Small SVG pictures, written by hand: a plotting library would be the largest dependency of the project."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_INK, _PALE, _GOOD, _BAD = "#222222", "#bbbbbb", "#2a7f62", "#b3402a"
_LINES: Final = ("#2a5f8f", "#b3402a", "#2a7f62", "#8f5f2a", "#6b4c9a", "#777777", "#c08a00")
_WIDTH: Final = 860
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """`used`: which part of what the target allows was needed; up to 1 the target is met."""

    label: str
    used: float
    words: str


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Draw one bar a row, with a line at 1; what is over 2 is cut off there and says how much it is."""
    left, step, scale = 390, 22, 190
    height = 50 + step * len(rows)
    parts = [_text(10, 20, title, size=14)]
    for number, row in enumerate(rows):
        y, length = 36 + number * step, max(min(row.used, 2.0), 0.0) * scale
        parts.append(_text(left - 8, y + 12, row.label, anchor="end"))
        colour = _GOOD if row.used <= 1 else _BAD
        parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="15" fill="{colour}"/>')
        parts.append(_text(left + length + 6, y + 12, row.words))
    x = left + scale
    parts.append(f'<line x1="{x}" y1="30" x2="{x}" y2="{height - 12}" stroke="{_INK}" stroke-dasharray="4 3"/>')
    return _picture(height, parts)


def curves(title: str, x_axis: str, y_axis: str, lines: Mapping[str, Points]) -> str:
    """Draw lines from the origin, both axes linear, each with its name at the side."""
    left, right, top, bottom, height = 80, 560, 52, 316, 356
    x_max = _round_up(max(x for points in lines.values() for x, _ in points))
    y_max = _round_up(max(y for points in lines.values() for _, y in points))
    parts = [_text(10, 20, title, size=14), _text(right, height - 8, x_axis, anchor="end"), _text(10, top - 14, y_axis)]
    for part in range(5):
        x, y = left + (right - left) * part / 4, bottom - (bottom - top) * part / 4
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_PALE}"/>')
        parts.append(_text(left - 6, y + 4, f"{y_max * part / 4:,.10g}", anchor="end"))
        parts.append(_text(x, bottom + 16, f"{x_max * part / 4:,.10g}", anchor="middle"))
    for number, (name, points) in enumerate(lines.items()):
        colour = _LINES[number % len(_LINES)]
        path = " ".join(
            f"{left + (right - left) * x / x_max:.1f},{bottom - (bottom - top) * y / y_max:.1f}" for x, y in points
        )
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<rect x="{right + 16}" y="{top + number * 18}" width="12" height="3" fill="{colour}"/>')
        parts.append(_text(right + 34, top + number * 18 + 6, name))
    return _picture(height, parts)


def _round_up(value: float) -> float:
    """Return the next number of the form 1, 2, 4, 5 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value)


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{_INK}">{escape(text)}</text>'
    )


def _picture(height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>', *parts, "</svg>", ""])
