"""Who plays in the demo: situations as data, each with the dates from which the rule computes when somebody goes.

A few dozen scenes are the same in every size, so that each page has something to show: some people gone with the first
run, six due tonight, ten within the month, two under legal holds, one restricted. The rest is spread over two years.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from config.dates import add_months

MARKETING_MONTHS: Final = 24
CUSTOMER_MONTHS: Final = 60
WAVES: Final = (4, 6, 5, 9, 16, 8, 5, 4, 6, 11, 7, 4, 3, 6, 8, 12, 19, 9, 6, 5, 7, 13, 8)
"""How many contacts fall due in each coming month: fairs and campaigns of two years ago leave their peaks."""


class Role(StrEnum):
    """What an organisation is to us."""

    CUSTOMER = "customer"
    PARTNER = "partner"
    TRIAL = "trial"
    TRIED = "tried"
    PROSPECT = "prospect"
    FORMER = "former"
    FORMER_PAST = "former, five years over"
    FORMER_TONIGHT = "former, five years over tonight"
    FORMER_SOON = "former, five years over this month"
    NAMESAKE = "namesake of a customer, without agreement"


class Act(StrEnum):
    """What is special about a person."""

    OBJECTED = "objected"
    WITHDREW = "withdrew"
    BOUNCED = "bounced"
    HELD = "held"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class Scene:
    """One person's situation. `engaged_on` is the last engagement that counts; `left_on` the end of the employment."""

    role: Role
    collected_on: date
    engaged_on: date | None = None
    in_marketing: bool = False
    left_on: date | None = None
    act: Act | None = None


def event(due_on: date, months: int) -> date:
    """The day of an event whose period ends on `due_on`; the day before where the calendar has none (29 February)."""
    return add_months(due_on, -months)


def scenes(random: Random, today: date, count: int) -> Iterator[Scene]:
    """`count` scenes, the fixed ones first."""
    fixed = [*_fixed_marketing(today), *_fixed_customers(today)]
    yield from fixed
    roles = [Role.CUSTOMER, Role.PROSPECT, Role.FORMER, Role.PARTNER, Role.TRIED, Role.TRIAL]
    for role in random.choices(roles, weights=(38, 34, 14, 7, 4, 3), k=count - len(fixed)):
        yield _any(random, today, role)


def _fixed_marketing(today: date) -> Iterator[Scene]:
    """Prospects whose 24 months end on chosen days."""
    yesterday = today - timedelta(days=1)

    def silent(due_on: date, role: Role = Role.PROSPECT, act: Act | None = None) -> Scene:
        anchor = event(due_on, MARKETING_MONTHS)
        return Scene(role, anchor - timedelta(days=200), anchor, in_marketing=True, act=act)

    for days in (1, 2, 4, 6, 9, 12, 16, 20):
        yield silent(yesterday - timedelta(days=days))
    for days in (2, 5, 8):
        yield silent(yesterday - timedelta(days=days), Role.FORMER)
    yield silent(yesterday - timedelta(days=40), act=Act.HELD)
    yield silent(yesterday - timedelta(days=10), act=Act.RESTRICTED)
    for _tonight in range(4):
        yield silent(yesterday)
    for days in (1, 4, 8, 13, 17, 22, 27):
        yield silent(today + timedelta(days=days))


def _fixed_customers(today: date) -> Iterator[Scene]:
    """Contacts of former customers whose five years end on chosen days, and people in no register."""
    long_ago = event(today, 100)
    for role, people in ((Role.FORMER_PAST, 2), (Role.FORMER_TONIGHT, 2), (Role.FORMER_SOON, 3), (Role.NAMESAKE, 1)):
        for _person in range(people):
            yield Scene(role, long_ago)
    yield Scene(Role.FORMER_PAST, long_ago, act=Act.HELD)
    yield Scene(Role.PROSPECT, event(today, 14), act=Act.OBJECTED)


def _any(random: Random, today: date, role: Role) -> Scene:
    if role in (Role.PROSPECT, Role.TRIED) or (role is Role.FORMER and random.random() < 0.3):
        return _waiting(random, today, role)
    if role is Role.TRIAL:
        begun = today - timedelta(days=random.randint(1, 25))
        return Scene(role, begun, begun, in_marketing=True)
    collected = today - timedelta(days=random.randint(900, 2900))
    engaged = today - timedelta(days=random.randint(1, 880)) if random.random() < 0.8 else None
    if role is Role.FORMER:
        return Scene(role, collected, engaged)
    chance = random.random()
    if chance < 0.08:
        return Scene(role, collected, left_on=today - timedelta(days=random.randint(30, 1600)))
    act = Act.OBJECTED if chance < 0.11 else Act.WITHDREW if chance < 0.13 else None
    return Scene(role, collected, engaged, in_marketing=act is None and random.random() < 0.65, act=act)


def _waiting(random: Random, today: date, role: Role) -> Scene:
    """Somebody in the marketing register whose 24 months end in one of the coming months, but not in the next."""
    (month,) = random.choices(range(1, len(WAVES) + 1), weights=WAVES)
    anchor = event(add_months(today, month) + timedelta(days=random.randint(3, 27)), MARKETING_MONTHS)
    act = Act.BOUNCED if random.random() < 0.02 else None
    if random.random() < 0.3:
        return Scene(role, anchor, None, in_marketing=True, act=act)
    return Scene(role, anchor - timedelta(days=random.randint(10, 900)), anchor, in_marketing=True, act=act)
