"""Random registers, crowded around the boundaries of the retention rule.

They are made of plain objects; `tests/retention/store.py` writes them into the database.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from tests.retention.people import (
    COUNTING,
    HELSINKI,
    REQUEST_PAUSE_DAYS,
    Agreement,
    Engagement,
    Hold,
    Link,
    Organisation,
    Person,
    Register,
    Request,
    Restriction,
    add_months,
)

BOUNDARY_DAYS = tuple(
    dt.date.fromisoformat(day)
    for day in (
        "2026-02-28",
        "2026-03-01",
        "2028-02-28",
        "2028-02-29",
        "2028-03-01",
        "2029-02-28",
        "2029-03-01",
        "2026-11-22",
        "2026-11-23",
        "2026-03-29",
        "2026-10-25",
        "2026-12-31",
        "2027-01-01",
        "2026-04-30",
        "2026-08-31",
    )
)
"""Days of a run: leap days and the days before and after them, month and year ends, the nights of the clock change."""

NOT_COUNTING = ("open", "delivery", "bounce")
AT_MIDNIGHT = (dt.time(0), dt.time(0, 0, 1), dt.time(1, 59), dt.time(2), dt.time(12), dt.time(23, 59, 59, 999999))


def random_day(rng: random.Random, day: dt.date) -> dt.date:
    """A day within two days of where something changes for a run on `day`."""
    months = rng.choice((-120, -61, -60, -60, -60, -36, -25, -24, -24, -24, -1, 0, 0, 0, 1, 12))
    return add_months(day, months) + dt.timedelta(days=rng.randint(-2, 2))


def random_moment(rng: random.Random, day: dt.date) -> dt.datetime:
    """A moment on or beside such a day, most often close to midnight in Helsinki."""
    moment = dt.datetime.combine(random_day(rng, day), rng.choice(AT_MIDNIGHT), HELSINKI)
    return moment.astimezone(dt.UTC)


def random_agreement(rng: random.Random, day: dt.date) -> Agreement:
    """An agreement of any shape: open-ended, ending that day, terminated early or before its start, signed ahead."""
    first, second = sorted((random_day(rng, day), random_day(rng, day)))
    signed, starts = rng.choice(((first, second), (second, first), (first, first), (None, first), (first, None)))
    begins = starts or signed or first
    ends = rng.choice((None, max(begins, random_day(rng, day)), max(begins, random_day(rng, day))))
    terminated = rng.choice((None, None, random_day(rng, day), begins - dt.timedelta(days=1)))
    return Agreement(signed, starts, ends, terminated, rng.choice(("customer", "partner")), rng.random() < 0.7)


def random_person(rng: random.Random, day: dt.date, key: str, organisations: Sequence[Organisation]) -> Person:
    """A person with events, links and bars around the boundaries of a run on `day`."""
    engagements = tuple(
        Engagement(
            random_moment(rng, day),
            rng.choice((*sorted(COUNTING), *NOT_COUNTING)),
            automated=rng.random() < 0.15,
        )
        for _number in range(rng.choice((0, 0, 1, 1, 2, 3)))
    )
    chosen = rng.sample(list(organisations), k=rng.randint(0, len(organisations)))
    links = tuple(Link(f"{key}@{firm.key}", firm, rng.choice((None, None, random_day(rng, day)))) for firm in chosen)
    holds, restrictions, requests = _random_bars(rng, day)
    return Person(
        key,
        random_day(rng, add_months(day, -24)),
        rng.random() < 0.6,
        engagements,
        links,
        holds,
        restrictions,
        requests,
    )


def _random_bars(
    rng: random.Random, day: dt.date
) -> tuple[tuple[Hold, ...], tuple[Restriction, ...], tuple[Request, ...]]:
    """Mostly nothing; else legal holds of each scope, restrictions and requests, in force or just over."""
    if rng.random() < 0.6:
        return (), (), ()
    near = day + dt.timedelta(days=rng.randint(-2, 2))
    hold = Hold(near, rng.choice(("all", "marketing", "customer")), released=rng.random() < 0.3)
    closed = rng.choice((None, day - dt.timedelta(days=REQUEST_PAUSE_DAYS + rng.randint(-2, 2))))
    kind = rng.choice(("hold", "hold", "restriction", "request", "both"))
    return (
        (hold,) if kind in ("hold", "both") else (),
        (Restriction(lifted=rng.random() < 0.4),) if kind in ("restriction", "both") else (),
        (Request(closed),) if kind == "request" else (),
    )


def random_register(rng: random.Random, day: dt.date, persons: int = 4, organisations: int = 3) -> Register:
    """Persons and organisations around the boundaries of a run on `day`; some organisations are namesakes (E25)."""
    firms = tuple(
        Organisation(
            f"firm{number}",
            f"virma {rng.randint(0, max(1, organisations // 2))}",
            tuple(random_agreement(rng, day) for _number in range(rng.choice((0, 0, 1, 1, 2, 3)))),
        )
        for number in range(organisations)
    )
    few = [rng.sample(firms, k=min(len(firms), 3)) for _number in range(persons)]
    return Register(tuple(random_person(rng, day, f"person{one}", few[one]) for one in range(persons)), firms)
