"""Figures, floors and ratios, as a table for people."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

KEPT_IN = "BENCH_FIGURES"
"""Environment variable: the file in which the parts, each a process of its own, leave their figures."""


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

    def __str__(self) -> str:
        goal = f"{'>=' if self.at_least else '<='} {self.goal:g}"
        return (
            f"{self.target:<7}{self.what:<62}{self.value:>20}{self.floor:>16}{self.ratio:>9.3f}{goal:>9}"
            f"  {'met' if self.met else 'MISSED'}"
        )


HEADER = f"{'target':<7}{'figure':<62}{'measured':>20}{'floor':>16}{'ratio':>9}{'goal':>9}"


class Table:
    """Collects figures, prints each when it is known, and keeps them for the closing table."""

    def add(self, figure: Figure) -> None:
        """Print a figure and keep it."""
        print(figure, flush=True)
        if path := os.environ.get(KEPT_IN):
            with Path(path).open("a", encoding="utf-8") as handle:
                handle.write(json.dumps(asdict(figure)) + "\n")


def close(lines: Iterable[str]) -> None:
    """Print the kept figures of all parts, in the order of the targets."""
    figures = sorted((Figure(**json.loads(line)) for line in lines), key=lambda figure: figure.target)
    print(f"\n{HEADER}\n{'-' * len(HEADER)}", *figures, sep="\n")
    print(f"{sum(figure.met for figure in figures)} of {len(figures)} targets met.")


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


def in_turns(ours: Callable[[], object], floor: Callable[[], object], turns: int = 3) -> tuple[float, float]:
    """The median seconds of both, which take turns, five times ours for each of the floor, after one to warm up each."""
    ours()
    floor()
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns * 6):
        is_floor = turn % 6 == 5
        start = time.perf_counter()
        (floor if is_floor else ours)()
        times[is_floor].append(time.perf_counter() - start)
    return median(times[0]), median(times[1])


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1000:,.1f} ms"


def rate(number: int, seconds: float) -> str:
    """So many a second."""
    return f"{number / seconds:,.0f}/s"
