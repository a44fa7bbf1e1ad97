"""`manage.py retention`: what each sub-command prints, writes and answers to a script."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command, load_command_class

from config.models import Actor, AuditEvent
from consent.models import Restriction
from contacts.models import Agreement, Contact, Organisation
from retention import due, purge
from retention.models import DataGap, DueDate, ErasureRecord, Hold, RetentionRun
from retention.models.runs import RunState, RunTrigger
from tests.consent.conftest import differences, snapshot
from tests.planted import AT, DAY, TODAY, former, organisation, person, silent
from tests.workplace import Workplace

pytestmark = pytest.mark.django_db

PROMISED_ROW = ["contact", "email", "rule", "anchor_on", "due_on", "outcome", "bars"]
PROMISED_RUN = {"run", "erased", "left_register", "blocked", "seconds"}
Cast = dict[str, Contact]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def cast() -> Cast:
    """One person for each thing a run can do or must not do."""
    live, ended = organisation(ends_on=None), organisation(ends_on=TODAY - 400 * DAY)
    namesake = Organisation.objects.create(name="Nordlicht Oy")
    Agreement.objects.create(organisation=namesake, party="customer", kind="licence", starts_on=dt.date(2020, 1, 1))
    long_ago = dt.date(2020, 2, 29)
    people = {
        "anna": silent(0),
        "bert": former(0),
        "cleo": person(in_marketing=False),
        "dora": silent(10),
        "emil": silent(10),
        "fred": person(live, collected_on=long_ago),
        "gina": person(),
        "hugo": person(ended, collected_on=long_ago),
        "ilse": silent(10),
        "judy": person(Organisation.objects.create(name="Nordlicht GmbH"), in_marketing=False),
    }
    for name, contact in people.items():
        contact.email = f"{name}@example.org"
        contact.save()
    Hold.objects.create(contact=people["dora"], matter="claim", until_on=TODAY)
    Restriction.objects.create(contact=people["emil"], ground="a")
    Hold.objects.create(contact=people["ilse"], kind="request", matter="request")
    due.refresh(TODAY)
    return people


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


def retention(*arguments: str) -> str:
    """What the command prints when all went well."""
    out, errors = io.StringIO(), io.StringIO()
    call_command("retention", *arguments, stdout=out, stderr=errors)
    assert errors.getvalue() == ""
    return out.getvalue()


def refused(*arguments: str) -> tuple[int, str, str]:
    """Exit code, sentence and output of a command that could not do what it was asked."""
    out = io.StringIO()
    with pytest.raises(CommandError) as problem:
        call_command("retention", *arguments, stdout=out)
    return problem.value.returncode, str(problem.value), out.getvalue()


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
    answer = json.loads(retention("run"))
    assert answer.keys() >= PROMISED_RUN
    assert (answer["erased"], answer["left_register"], answer["blocked"]) == (3, 2, 4)
    assert isinstance(answer["seconds"], float)
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


# explain --------------------------------------------------------------------------------------------------------------


def test_a_contact_is_found_by_address_id_and_reference(cast: Cast) -> None:
    anna = cast["anna"]
    ways = (anna.email, f" {anna.email.upper()} ", str(anna.pk), anna.pk.hex, anna.reference, anna.reference.lower())
    texts = {retention("explain", way) for way in ways}
    assert len(texts) == 1
    (text,) = texts
    assert text.startswith(f"{anna.reference}, 2026-11-23\n")
    assert anna.email not in text


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("anna", ["S95", "Nov. 22, 2024", "Nov. 22, 2026", "erases the contact", "A response or visit starts"]),
        ("bert", ["S97", "Nov. 22, 2026", "erases the contact", "new agreement"]),
        ("cleo", ["No register has a reason", "Art. 5(1)(e)", "erases the contact", "Only a new collection"]),
        ("dora", ["is under a legal hold", "Art. 17(3)(e)", "the data stays as it is"]),
        ("emil", ["is restricted", "Art. 18", "may not touch the contact"]),
        ("fred", ["works for a customer or partner", "S96", "the tie to a customer or partner keeps"]),
        ("gina", ["Nov. 23, 2028", "leaves the contact alone"]),
        ("hugo", ["S97", "ends a register; the contact stays"]),
        ("ilse", ["has a rights request", "may not touch the contact"]),
        ("judy", ["without an agreement to what looks like a customer", "may not touch the contact"]),
    ],
)
def test_the_explanation_says_why_until_when_and_what_would_change_it(
    name: str, sentences: list[str], cast: Cast
) -> None:
    text = retention("explain", cast[name].email)
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_the_explanation_of_another_day_is_that_days(cast: Cast) -> None:
    assert "leaves the contact alone" in retention("explain", cast["anna"].email, "--on", "2026-11-22")
    assert "erases the contact" in retention("explain", cast["gina"].email, "--on", "2028-11-24")


def test_an_explanation_writes_nothing(cast: Cast) -> None:
    before = snapshot(), AuditEvent.objects.count()
    retention("explain", cast["judy"].email)
    assert (differences(before[0], snapshot()), AuditEvent.objects.count()) == ({}, before[1])


@pytest.mark.parametrize(
    "who", ["nobody@example.org", "not an address@", "01a20748-22e0-71c3-9fd0-9d20b53cc84c", "C-000000", ""]
)
@pytest.mark.parametrize("command", [["explain"], ["hold", "--matter", "m", "--until", "2026-12-01"], ["release"]])
def test_somebody_unknown_is_refused_without_repeating_the_address(command: list[str], who: str, cast: Cast) -> None:
    code, sentence, out = refused(*command, who)
    assert (code, sentence, out) == (1, "No contact has this address, id or reference.", "")


# hold and release -----------------------------------------------------------------------------------------------------


def test_a_hold_keeps_a_contact_until_it_is_released(cast: Cast) -> None:
    anna = cast["anna"]
    said = retention("hold", anna.email, "--matter", "Claim 7", "--until", "2026-12-24")
    assert said == f"{anna.reference} is held until 2026-12-24.\n"
    hold = Hold.objects.get(contact=anna)
    assert (hold.matter, hold.until_on, hold.kind, hold.scope) == ("Claim 7", dt.date(2026, 12, 24), "legal", "all")
    retention("run")
    assert Contact.objects.filter(pk=anna.pk).exists()
    assert retention("release", str(anna.pk)) == (f"{anna.reference}: 1 holds released. The next run decides anew.\n")
    retention("run")
    assert not Contact.objects.filter(pk=anna.pk).exists()
    assert set(AuditEvent.objects.filter(object_id=anna.pk).values_list("action", "actor_kind")) == {
        ("held", "command"),
        ("released", "command"),
    }


@pytest.mark.parametrize("until", ["2026-11-22", "2027-11-24"])
def test_a_hold_lasts_from_today_to_twelve_months_at_most(until: str, cast: Cast) -> None:
    for fine in ("2026-11-23", "2027-11-23"):
        retention("hold", cast["anna"].email, "--matter", "Claim 7", "--until", fine)
    holds = Hold.objects.count()
    code, sentence, _out = refused("hold", cast["anna"].email, "--matter", "Claim 7", "--until", until)
    assert code == 1
    assert "2027-11-23" in sentence and "renewed, not left open" in sentence
    assert Hold.objects.count() == holds


@pytest.mark.parametrize("missing", ["--matter", "--until"])
def test_a_hold_needs_a_matter_and_an_end(missing: str, cast: Cast) -> None:
    given = {"--matter": "Claim 7", "--until": "2026-12-24"}
    del given[missing]
    _code, sentence, _out = refused("hold", cast["anna"].email, *(text for pair in given.items() for text in pair))
    assert missing in sentence


def test_an_empty_matter_is_refused(cast: Cast) -> None:
    code, _sentence, _out = refused("hold", cast["anna"].email, "--matter", "", "--until", "2026-12-24")
    assert code == 1
    assert not Hold.objects.filter(contact=cast["anna"]).exists()


def test_releasing_ends_every_legal_hold_and_no_hold_of_a_request(cast: Cast) -> None:
    ilse = cast["ilse"]
    for matter in ("Claim 7", "Claim 8"):
        retention("hold", ilse.email, "--matter", matter, "--until", "2026-12-24")
    assert "2 holds released" in retention("release", ilse.email)
    assert Hold.objects.get(contact=ilse, released_at=None).kind == "request"
    code, sentence, _out = refused("release", ilse.email)
    assert (code, sentence) == (1, f"{ilse.reference} has no legal hold.")


# verify, and the whole thing as a script sees it: see test_residue.py and below ----------------------------------------


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
