"""`manage.py retention`: what each sub-command prints, writes and answers to a script."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class

from config.models import Actor, AuditEvent
from contacts.models import Contact
from retention import purge
from retention.models import DataGap, DueDate, ErasureRecord, RetentionRun
from retention.models.runs import RunState, RunTrigger
from tests.consent.conftest import differences, snapshot
from tests.planted import AT, DAY, TODAY, organisation, person
from tests.retention.command_cast import Cast, cast, refused, retention, today
from tests.workplace import Workplace

pytestmark = pytest.mark.django_db

PROMISED_ROW = ["contact", "email", "rule", "anchor_on", "due_on", "outcome", "bars"]
PROMISED_RUN = {"run", "erased", "left_register", "blocked", "seconds"}

__all__ = ["cast", "today"]

PLANNED = {
    "on": "2026-11-23",
    "rules": {
        "marketing": {
            "due": 3,
            "blocked": {"customer_tie": 1, "legal_hold": 1, "restriction": 1, "rights_request": 1},
        },
        "customer": {"due": 1, "blocked": {}},
        "none": {"due": 1, "blocked": {"data_gap": 1}},
    },
    "erase": 3,
    "stricter_reading": {"due": 3, "erase": 3},
}
OUTCOMES = {
    "anna": ("marketing", "erase", ()),
    "bert": ("customer", "erase", ()),
    "cleo": ("none", "erase", ()),
    "dora": ("marketing", "freeze", ("legal_hold",)),
    "emil": ("marketing", "blocked", ("restriction",)),
    "fred": ("marketing", "tied", ("customer_tie",)),
    "hugo": ("marketing", "leave", ()),
    "ilse": ("marketing", "blocked", ("rights_request",)),
    "judy": ("none", "blocked", ("data_gap",)),
}
"""What a run on that day does with each; Gina is in no plan."""


def named(rows: list[dict[str, Any]]) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Rule, outcome and bars by the person's name."""
    return {row["email"].split("@")[0]: (row["rule"], row["outcome"], tuple(row["bars"])) for row in rows}


COMMANDS = ("plan", "run", "explain", "hold", "release", "verify")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_promised_sub_command_is_there(command: str) -> None:
    parser = load_command_class("retention", "retention").create_parser("manage.py", "retention")
    assert command in parser.format_help()


# plan -----------------------------------------------------------------------------------------------------------------


def test_the_plan_as_json_counts_who_is_due_by_rule_and_who_is_blocked_by_bar(cast: Cast) -> None:
    assert json.loads(retention("plan", "--format", "json")) == PLANNED


def test_the_list_has_one_object_for_each_contact_of_the_plan(cast: Cast) -> None:
    answer = json.loads(retention("plan", "--format", "json", "--list"))
    rows = answer.pop("contacts")
    assert answer == PLANNED
    assert all(list(row) == PROMISED_ROW for row in rows)
    assert named(rows) == OUTCOMES
    found = {row["contact"]: row for row in rows}
    anna = found[str(cast["anna"].pk)]
    assert (anna["anchor_on"], anna["due_on"]) == ("2024-11-22", "2026-11-22")
    bert = found[str(cast["bert"].pk)]
    assert bert["due_on"] == "2026-11-22"
    assert found[str(cast["cleo"].pk)]["due_on"] is None
    assert found[str(cast["fred"].pk)]["due_on"] == "2022-02-28"


def test_the_plan_as_csv_has_the_same_rows(cast: Cast) -> None:
    rows = list(csv.DictReader(io.StringIO(retention("plan", "--format", "csv"))))
    assert list(rows[0]) == PROMISED_ROW
    listed = json.loads(retention("plan", "--format", "json", "--list"))["contacts"]
    assert rows == [row | {"bars": " ".join(row["bars"]), "due_on": row["due_on"] or ""} for row in listed]


def test_the_plan_as_a_table_says_the_same_in_words_and_names_nobody(cast: Cast) -> None:
    text = retention("plan", "--list")
    assert text.splitlines()[0] == "On 2026-11-23:"
    assert "customer_tie 1, legal_hold 1, restriction 1, rights_request 1" in text
    assert "Persons who would be erased: 3" in text
    assert "By the stricter reading of S95, where one of the two silences is enough: marketing due 3, erased 3" in text
    assert f"{cast['anna'].pk}  marketing  2026-11-22  erase" in text
    assert "@" not in text


@pytest.mark.parametrize(
    ("rule", "planned", "erase"),
    [
        ("marketing", {"marketing": 3, "customer": 0, "none": 0}, 1),
        ("customer", {"marketing": 0, "customer": 1, "none": 0}, 1),
    ],
)
def test_the_plan_of_one_rule_leaves_the_others_out(rule: str, planned: dict[str, int], erase: int, cast: Cast) -> None:
    answer = json.loads(retention("plan", "--format", "json", "--rule", rule))
    assert {name: one["due"] for name, one in answer["rules"].items()} == planned
    assert answer["erase"] == erase


def test_the_plan_of_another_day_is_that_days(cast: Cast) -> None:
    before = json.loads(retention("plan", "--format", "json", "--on", "2026-11-22"))
    assert (before["on"], before["erase"], before["rules"]["marketing"]["due"]) == ("2026-11-22", 1, 2)
    later = json.loads(retention("plan", "--format", "json", "--list", "--on", "2028-11-24"))
    assert named(later["contacts"])["gina"] == ("marketing", "erase", ())
    assert "legal_hold" not in later["rules"]["marketing"]["blocked"], "the hold ends on the day it is planned to"


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize("on", ["2026-11-23", "2010-01-01", "2040-01-01"])
def test_a_plan_writes_nothing(form: str, on: str, cast: Cast) -> None:
    DueDate.objects.all().delete()
    before = snapshot(), AuditEvent.objects.count()
    retention("plan", "--list", "--format", form, "--on", on)
    assert (differences(before[0], snapshot()), AuditEvent.objects.count()) == ({}, before[1])


def test_the_plan_of_an_empty_register_is_complete() -> None:
    answer = json.loads(retention("plan", "--format", "json", "--list"))
    assert answer["contacts"] == []
    assert answer["rules"]["marketing"] == {"due": 0, "blocked": {}}
    assert retention("plan", "--format", "csv") == ",".join(PROMISED_ROW) + "\n"


@pytest.mark.parametrize(
    "arguments", [["--on", "23.11.2026"], ["--on", "2026-02-30"], ["--rule", "sales"], ["--format", "xml"]]
)
def test_a_wrong_argument_is_named(arguments: list[str]) -> None:
    _code, sentence, _out = refused("plan", *arguments)
    assert arguments[0] in sentence and arguments[1] in sentence


# run ------------------------------------------------------------------------------------------------------------------


def test_a_run_does_what_was_planned_and_says_so_as_json(cast: Cast) -> None:
    Contact.objects.filter(pk=cast["gina"].pk).update(collected_estimated=True, last_engaged_on=TODAY + DAY)
    answer = json.loads(retention("run"))
    assert answer.keys() >= PROMISED_RUN
    assert (answer["erased"], answer["left_register"], answer["blocked"]) == (3, 2, 4)
    assert isinstance(answer["seconds"], float)
    assert (answer["estimated"], answer["ahead"]) == (1, 1)
    run = RetentionRun.objects.get(pk=answer["run"])
    assert (run.state, run.trigger, run.break_glass, run.concern) == (RunState.DONE, RunTrigger.COMMAND, False, "")
    gone = {"anna", "bert", "cleo"}
    assert set(ErasureRecord.objects.values_list("contact_id", flat=True)) == {cast[name].pk for name in gone}
    assert set(Contact.objects.values_list("email", flat=True)) == {
        f"{name}@example.org" for name in cast.keys() - gone
    }
    left = Contact.objects.filter(left_marketing_on=TODAY, in_marketing=False)
    assert {contact.email for contact in left} == {"dora@example.org", "hugo@example.org"}


def test_a_second_run_on_the_same_day_finds_nothing_to_do(cast: Cast) -> None:
    retention("run")
    before = snapshot()
    answer = json.loads(retention("run"))
    assert (answer["erased"], answer["left_register"]) == (0, 0)
    assert set(differences(before, snapshot())) <= {"retention.RetentionRun", "retention.RunChunk"}


@pytest.mark.parametrize(("rule", "gone"), [("marketing", "anna"), ("customer", "bert")])
def test_a_run_of_one_rule_leaves_the_other_alone(rule: str, gone: str, cast: Cast) -> None:
    assert json.loads(retention("run", "--rule", rule))["erased"] == 1
    assert not Contact.objects.filter(pk=cast[gone].pk).exists()
    assert Contact.objects.count() == len(cast) - 1


def test_a_run_goes_on_with_what_a_crash_left(cast: Cast) -> None:
    left = purge.begin(TODAY, RunTrigger.SCHEDULE, Actor.task(), AT)
    assert Contact.objects.count() == len(cast)
    answer = json.loads(retention("run"))
    assert (answer["run"], answer["erased"]) == (str(left.pk), 3)
    assert RetentionRun.objects.count() == 1


def test_a_run_for_a_past_day_judges_by_that_day(cast: Cast) -> None:
    assert json.loads(retention("run", "--on", "2026-11-22"))["erased"] == 1
    assert not Contact.objects.filter(pk=cast["cleo"].pk).exists()
    assert Contact.objects.filter(pk=cast["anna"].pk).exists()


def test_a_run_for_a_future_day_is_refused_and_leaves_nothing_but_its_own_record(cast: Cast) -> None:
    before = snapshot()
    code, sentence, out = refused("run", "--on", "2030-01-01")
    assert code not in (0, 1, 2)
    assert "2030-01-01" in sentence and "Nothing was deleted" in sentence and "--approve" in sentence
    answer = json.loads(out)
    assert (answer["erased"], answer["left_register"], answer["blocked"]) == (0, 0, 0)
    assert RetentionRun.objects.get(pk=answer["run"]).state == RunState.WAITING
    assert set(differences(before, snapshot())) <= {"retention.RetentionRun", "retention.RunChunk"}


def test_a_refused_run_for_a_future_day_leaves_the_lists_with_the_due_dates_of_today() -> None:
    """By that day the employer's agreement will have ended; today it is in force, and nobody is due."""
    person(organisation(ends_on=TODAY + 200 * DAY), collected_on=dt.date(2020, 2, 29))
    before = DueDate.objects.values_list("marketing_on", "customer_on", "erase_on", "register").get()
    assert before[0] == TODAY + 200 * DAY
    refused("run", "--on", "2030-01-01")
    assert DueDate.objects.values_list("marketing_on", "customer_on", "erase_on", "register").get() == before


@pytest.mark.parametrize("day", ["2025-01-01", "2030-01-01"])
def test_a_relationship_without_agreement_is_held_back_for_30_days_from_today_whatever_day_was_asked_for(
    day: str, cast: Cast
) -> None:
    """E25: the first listing is when somebody could see it first, and that is never another day than today."""
    assert not DataGap.objects.exists()
    out = io.StringIO()
    try:
        call_command("retention", "run", "--on", day, stdout=out)
    except CommandError:
        assert RetentionRun.objects.get().state == RunState.WAITING
    assert set(DataGap.objects.values_list("first_listed_on", flat=True)) <= {TODAY}
    assert Contact.objects.filter(pk=cast["judy"].pk).exists()
    purge.work(purge.begin(TODAY + DAY, RunTrigger.SCHEDULE, Actor.task(), AT + DAY), Actor.task(), AT + DAY)
    assert Contact.objects.filter(pk=cast["judy"].pk).exists(), "one night later"


def test_an_approved_run_for_a_future_day_is_recorded_as_break_glass(cast: Cast) -> None:
    answer = json.loads(retention("run", "--on", "2030-01-01", "--approve"))
    assert answer["erased"] > 3
    run = RetentionRun.objects.get()
    assert (run.break_glass, run.approved_by, run.approved_at) == (True, None, AT)
    assert "2030-01-01" in run.concern


def test_an_abnormal_volume_waits_and_goes_on_when_it_is_approved() -> None:
    crowd = [Contact(reference=f"C-{number:06}", collected_on=dt.date(2020, 1, 1)) for number in range(100)]
    for contact in crowd:
        contact.in_marketing = True
    Contact.objects.bulk_create(crowd)
    code, sentence, _out = refused("run")
    assert code not in (0, 1, 2)
    assert sentence.startswith("100 of 100 contacts are due")
    assert Contact.objects.count() == 100
    waiting = RetentionRun.objects.get()
    answer = json.loads(retention("run", "--approve"))
    assert (answer["erased"], Contact.objects.count()) == (100, 0)
    waiting.refresh_from_db()
    assert waiting.state == RunState.SUPERSEDED
    assert RetentionRun.objects.get(pk=answer["run"]).break_glass


def test_approval_without_need_is_no_break_glass(cast: Cast) -> None:
    run = RetentionRun.objects.get(pk=json.loads(retention("run", "--approve"))["run"])
    assert (run.break_glass, run.approved_at) == (False, None)


# As a script sees it ----------------------------------------


@pytest.mark.slow
def test_a_script_reads_json_and_exit_codes_and_nothing_else(tmp_path: Path) -> None:
    place = Workplace.embedded(tmp_path)
    place.call("store_few", "3", "3")
    for arguments in (["plan", "--format", "json", "--list"], ["run"]):
        done = place.manage("retention", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        answer = json.loads(done.stdout)
        assert answer.get("erase", answer.get("erased")) == 3
    waits = place.manage("retention", "run", "--on", "2100-01-01")
    assert waits.returncode not in (0, 1, 2)
    assert json.loads(waits.stdout)["erased"] == 0
    assert "Traceback" not in waits.stderr
    segment = next((tmp_path / "journal").glob("journal-*.jsonl"))
    segment.write_bytes(segment.read_bytes()[:-2])
    damaged = place.manage("retention", "verify")
    assert (damaged.returncode, damaged.stdout.splitlines()) == (1, [f"{segment.name}:3: the line cannot be read"])
