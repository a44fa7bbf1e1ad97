"""Figures, floors and ratios, as a table for people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `ratio` is what the target speaks of; `at_least` tells which way is good."""

    target: str
    what: str
    value: str
    floor: str
    ratio: float
    goal: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


class Table:
    """Collects figures and prints each when it is known."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        print(f"{'target':<7}{'figure':<58}{'measured':>18}{'floor':>18}{'ratio':>9}{'goal':>9}")

    def add(self, figure: Figure) -> None:
        """Print a figure."""
        self.figures.append(figure)
        sign = ">=" if figure.at_least else "<="
        mark = "" if figure.met else "  missed"
        print(
            f"{figure.target:<7}{figure.what:<58}{figure.value:>18}{figure.floor:>18}{figure.ratio:>9.3f}"
            f"{sign + str(figure.goal):>9}{mark}",
            flush=True,
        )


class Watch:
    """Adds up seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def on(self) -> Iterator[None]:
        """Time the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start


def timed(function: Callable[[], object], rounds: int = 5) -> float:
    """The median seconds of some rounds, after one to warm up."""
    function()
    times = []
    for _round in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return median(times)


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1000:,.1f} ms"


def rate(number: int, seconds: float) -> str:
    """So many a second."""
    return f"{number / seconds:,.0f}/s"
