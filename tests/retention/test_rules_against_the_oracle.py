"""The program's rule against the oracle's, on random registers crowded around every boundary."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from contacts.models import Affiliation
from retention import due, plan
from retention.bars import Outcome
from tests.retention.nights import DAY, moment, run_night
from tests.retention.oracle import Morning, night
from tests.retention.people import Register
from tests.retention.registers import BOUNDARY_DAYS, random_register
from tests.retention.store import Stored, oracle_left, store, stored_left

pytestmark = pytest.mark.django_db

EXAMPLES = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
dices = st.randoms(use_true_random=False)
run_days = st.sampled_from(BOUNDARY_DAYS)


@contextmanager
def example(files: Settings, folder: Path) -> Iterator[None]:
    """One example leaves nothing for the next: neither rows nor a journal."""
    with transaction.atomic():
        files.JOURNAL_PATH = folder / f"journal-{random.SystemRandom().getrandbits(64)}"
        yield
        transaction.set_rollback(True)


def acts(on: dt.date, stored: Stored, *, stricter: bool = False) -> tuple[set[str], set[str], set[str]]:
    """Whom the live rule would erase on a day, who leaves marketing, and which links it drops, without writing."""
    persons = {pk: key for key, pk in stored.persons.items()}
    erased, left, dropped = set(), set(), set()
    for verdict in plan.verdicts(on, stricter=stricter):
        key = persons[verdict.clock.contact_id]
        if verdict.outcome is Outcome.ERASE:
            erased.add(key)
        if verdict.outcome is Outcome.FREEZE or verdict.leaves_marketing:
            left.add(key)
        if verdict.drops_links:
            dropped.add(key)
    return erased, left, dropped


def expected_acts(morning: Morning) -> tuple[set[str], set[str], set[str]]:
    """The same of the oracle."""
    return morning.erased, morning.left_marketing, {person for person, _link in morning.dropped}


@given(dice=dices, day=run_days)
@EXAMPLES
def test_two_nights_leave_what_the_oracle_leaves(
    dice: random.Random, day: dt.date, settings: Settings, tmp_path: Path
) -> None:
    register = random_register(dice, day, persons=6)
    with example(settings, tmp_path):
        stored = store(register)
        assert stored_left(stored) == oracle_left(register)
        for on in (day, day + DAY):
            register = night(register, on).register
            run_night(on)
            assert stored_left(stored) == oracle_left(register), f"after the night of {on}"


@given(dice=dices, day=run_days, other=st.integers(-1500, 1500))
@EXAMPLES
def test_the_rule_agrees_with_the_oracle_about_any_past_or_future_day(
    dice: random.Random, day: dt.date, other: int, settings: Settings, tmp_path: Path
) -> None:
    register = random_register(dice, day, persons=6)
    with example(settings, tmp_path):
        with time_machine.travel(moment(day), tick=False):
            stored = store(register)
        for on in (day, day + DAY, day + dt.timedelta(days=other)):
            assert acts(on, stored) == expected_acts(night(register, on)), f"on {on}"


@given(dice=dices, day=run_days)
@EXAMPLES
def test_the_stricter_reading_counts_whom_the_oracle_would_purge_for_either_silence(
    dice: random.Random, day: dt.date, settings: Settings, tmp_path: Path
) -> None:
    register = random_register(dice, day, persons=6)
    strict = replace(register, persons=tuple(replace(one, stricter=True) for one in register.persons))
    with example(settings, tmp_path):
        stored = store(register)
        for on in (day, day + DAY):
            assert acts(on, stored, stricter=True) == expected_acts(night(strict, on)), f"on {on}"


@given(dice=dices, day=run_days)
@EXAMPLES
def test_the_table_of_due_dates_names_everybody_the_rule_acts_on(
    dice: random.Random, day: dt.date, settings: Settings, tmp_path: Path
) -> None:
    with example(settings, tmp_path):
        stored = store(random_register(dice, day, persons=6))
        due.refresh(day)
        named = set(due.due(day).values_list("contact_id", flat=True))
        touched = {verdict.clock.contact_id for verdict in plan.verdicts(day) if verdict.outcome is not Outcome.TIED}
        assert touched <= named
        assert named <= set(stored.persons.values())


@pytest.mark.parametrize("seed", range(3))
def test_nights_over_a_large_register_leave_what_the_oracle_leaves(seed: int) -> None:
    dice = random.Random(seed)
    day = BOUNDARY_DAYS[seed]
    register = random_register(dice, day, persons=1_500, organisations=400)
    stored = store(register)
    assert Affiliation.objects.count() > 1_000
    for on in (day, day + DAY, day + 31 * DAY, day + 32 * DAY):
        morning = night(register, on)
        assert morning.erased or on > day + DAY
        register = morning.register
        run_night(on)
        assert stored_left(stored) == oracle_left(register), f"after the night of {on}"


def test_the_oracle_itself_sees_every_outcome() -> None:
    """A comparison proves nothing about an outcome that never comes up."""
    seen = {"erased": 0, "left_marketing": 0, "frozen": 0, "dropped": 0, "kept": 0}
    for seed in range(30):
        dice = random.Random(seed)
        day = dice.choice(BOUNDARY_DAYS)
        register: Register = random_register(dice, day, persons=50)
        morning = night(register, day)
        for name in ("erased", "left_marketing", "frozen", "dropped"):
            seen[name] += len(getattr(morning, name))
        seen["kept"] += sum(one in morning.register.persons for one in register.persons)
    assert min(seen.values()) > 20, seen
