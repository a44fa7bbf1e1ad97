"""The geometry of a column chart as SVG, in a coordinate system of our own; colours and sizes are the stylesheet's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 960, 220
LEFT, BOTTOM, TOP = 56, 28, 16
GAP = 0.28
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Column:
    """One bar: its place, its month and count, and whether the month gets a label below."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    month: date
    count: int
    labelled: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars and the horizontal lines (height, value) of a chart."""

    columns: list[Column]
    lines: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def columns(counts: Sequence[tuple[date, int]]) -> Chart:
    """A chart of counts by month; every third month is labelled, and the scale ends at a round number."""
    step = _step(max((count for _month, count in counts), default=0))
    top = step * 4
    room, slot = HEIGHT - BOTTOM - TOP, (WIDTH - LEFT) / max(len(counts), 1)
    bars = []
    for number, (month, count) in enumerate(counts):
        height, x = round(room * count / top, 1), LEFT + number * slot
        bars.append(
            Column(
                x=round(x + slot * GAP / 2, 1),
                y=round(HEIGHT - BOTTOM - height, 1),
                width=round(slot * (1 - GAP), 1),
                height=height,
                middle=round(x + slot / 2, 1),
                month=month,
                count=count,
                labelled=number % 3 == 0,
            )
        )
    return Chart(bars, [(round(HEIGHT - BOTTOM - room * line / 4, 1), step * line) for line in range(5)])


def _step(highest: int) -> int:
    """The round number of which four reach the highest count."""
    scale = 1
    while True:
        for step in STEPS:
            if step * scale * 4 >= highest:
                return step * scale
        scale *= 10
