"""From files to what is left: a random register imported by the commands, one run, and the oracle's answer."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import time_machine

from retention.models import ErasureRecord
from tests.retention.command_cast import retention
from tests.retention.filed import (
    agreement_rows,
    bring,
    contact_rows,
    engagement_rows,
    evening,
    find,
    fit_for_files,
    without_refused,
)
from tests.retention.nights import DAY
from tests.retention.oracle import night
from tests.retention.people import Agreement, Register
from tests.retention.registers import BOUNDARY_DAYS, random_register
from tests.retention.store import Stored, oracle_left, stored_left

pytestmark = pytest.mark.django_db

PERSONS, ORGANISATIONS = 120, 40


def imported(register: Register, day: dt.date, folder: Path) -> Stored:
    """The register as the three commands bring it in; what lies ahead of the clock is refused and nothing else."""
    assert bring("contacts", contact_rows(register), folder)["rejected"] == 0
    assert bring("agreements", agreement_rows(register), folder)["rejected"] == 0
    engagements, accepted = engagement_rows(register), engagement_rows(without_refused(register, day))
    assert bring("engagements", engagements, folder)["rejected"] == len(engagements) - len(accepted)
    return find(register)


def planned_for(day: dt.date) -> dict[str, Any]:
    return dict(json.loads(retention("plan", "--format", "json", "--list", "--on", day.isoformat())))


def ran_for(day: dt.date) -> dict[str, Any]:
    return dict(json.loads(retention("run", "--on", day.isoformat(), "--approve")))


def assert_plan_was_kept(plan: dict[str, Any], run: dict[str, Any]) -> None:
    """The list names exactly whom the run erased, and the counts of both agree."""
    outcomes = Counter(row["outcome"] for row in plan["contacts"])
    erased = {row["contact"] for row in plan["contacts"] if row["outcome"] == "erase"}
    proven = ErasureRecord.objects.filter(chunk__run=run["run"]).values_list("contact_id", flat=True)
    assert erased == {str(one) for one in proven}
    assert plan["erase"] == run["erased"] == len(erased)
    assert outcomes["leave"] + outcomes["freeze"] == run["left_register"]
    barred = sum(bool(row["bars"]) for row in plan["contacts"] if row["outcome"] != "tied")
    assert barred == run["blocked"]


@pytest.mark.parametrize("day", BOUNDARY_DAYS, ids=str)
def test_what_a_run_leaves_of_imported_files_is_what_the_oracle_leaves(day: dt.date, tmp_path: Path) -> None:
    dice = random.Random(day.toordinal())
    register = fit_for_files(random_register(dice, day, persons=PERSONS, organisations=ORGANISATIONS), day)
    with time_machine.travel(evening(day), tick=False):
        stored = imported(register, day, tmp_path)
        register = without_refused(register, day)
        assert stored_left(stored) == oracle_left(register)
    for on in (day, day + DAY):
        with time_machine.travel(evening(on), tick=False):
            morning = night(register, on)
            plan = planned_for(on)
            run = ran_for(on)
        register = morning.register
        assert stored_left(stored) == oracle_left(register), f"after the run of {on}"
        assert run["erased"] == len(morning.erased)
        assert_plan_was_kept(plan, run)


def test_the_registers_are_crowded_around_the_boundaries() -> None:
    """A comparison proves nothing about a situation that never comes up."""
    seen: Counter[str] = Counter()
    for day in BOUNDARY_DAYS:
        dice = random.Random(day.toordinal())
        register = fit_for_files(random_register(dice, day, persons=PERSONS, organisations=ORGANISATIONS), day)
        agreements = [one for firm in register.organisations for one in firm.agreements]
        events = [event for person in register.persons for event in person.engagements]
        seen["29 February"] += sum((event.at.month, event.at.day) == (2, 29) for event in events)
        seen["midnight in Helsinki"] += sum(event.at.astimezone(evening(day).tzinfo).hour == 0 for event in events)
        seen["ends that day"] += sum(one.end == day for one in agreements)
        seen["ended that day five years ago"] += sum(
            one.end == day.replace(day=min(day.day, 28), year=day.year - 5) for one in agreements
        )
        seen["renewed"] += sum(_renewed(firm.agreements) for firm in register.organisations)
        seen["trial"] += sum(not one.starts_five_years for one in agreements)
        seen["terminated before the start"] += sum(one.cancelled_before_start for one in agreements)
        seen["cancelled in the future"] += sum(one.cancelled_before_start and one.starts > day for one in agreements)
        seen["affiliation ended"] += sum(bool(link.ended_on) for one in register.persons for link in one.links)
        seen["left that day"] += sum(link.ended_on == day for one in register.persons for link in one.links)
    assert min(seen.values()) > 10, seen


def _renewed(agreements: tuple[Agreement, ...]) -> bool:
    """Whether one agreement begins the day after another ended, or while it lasted."""
    return any(
        first.end
        and first is not second
        and second.starts <= first.end + DAY
        and (not second.end or second.end > first.end)
        for first in agreements
        for second in agreements
    )
