"""The pages about runs, erasures and holds, and what retention shows on the home page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from config.dates import add_months
from config.models import Actor, AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK
from contacts.models import Contact, Organisation
from retention import due, holding, purge
from retention.charts import BOTTOM, HEIGHT, columns
from retention.models import DataGap, ErasureRecord, Hold, RetentionRun
from retention.models.runs import RunState, RunTrigger
from retention.panels import expected, next_start
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    add,
    at_work,
    break_glass,
    contact,
    customer,
    list_of,
    officer,
    page_of,
    rows_of_everything,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"
TONIGHT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def waiting_run() -> RetentionRun:
    """A run for tomorrow, which waits because its day is in the future."""
    run = purge.begin(TODAY + DAY, RunTrigger.COMMAND, Actor.command(), NOW)
    assert run.state == RunState.WAITING
    return run


def night(on: date = TODAY, at: datetime = NOW) -> RetentionRun:
    """A whole run for that day, finished at the present moment."""
    run = purge.begin(on, RunTrigger.SCHEDULE, Actor.task(), at, approve=True)
    assert purge.work(run, Actor.task(), at)
    return run


# Approval -----------------------------------------------------------------------------------------------------------


def test_looking_at_a_waiting_run_says_what_will_happen_and_does_nothing() -> None:
    contact("Silent", collected_on=date(2024, 11, 23))
    contact("Nowhere", in_marketing=False)
    contact("Ended", at=customer(until=date(2021, 11, 22)), in_marketing=False)
    contact("Kept")
    run = waiting_run()
    client = officer()
    client.get(HOME)
    before = rows_of_everything()
    answer = client.get(page_of(run, "approve"))
    text = text_of(answer)
    assert "is in the future" in text
    assert answer.context["counts"] == {
        "due": 3,
        "erase": 3,
        "marketing": 1,
        "customer": 1,
        "none": 1,
        "leave": 0,
        "blocked": 0,
    }
    assert "An erasure cannot be undone" in text
    run.refresh_from_db()
    assert run.state == RunState.WAITING
    assert rows_of_everything() == before


def test_the_officer_approves_and_the_trail_names_the_account() -> None:
    run = waiting_run()
    answer = officer().post(page_of(run, "approve"), follow=True)
    assert "Approved. The run goes on within ten minutes" in text_of(answer)
    run.refresh_from_db()
    account = User.objects.get(username="privacy-officer")
    assert (run.state, run.approved_by, run.break_glass) == (RunState.RUNNING, account.pk, False)
    assert AuditEvent.objects.get(action="approved").actor_id == account.pk
    assert "privacy-officer" in text_of(answer)


@pytest.mark.parametrize("role", [PRIVACY_CLERK, AUDITOR])
def test_nobody_else_approves(role: str) -> None:
    run = waiting_run()
    client = signed_in(role)
    assert "Approve this run" not in text_of(client.get(page_of(run)))
    assert client.get(page_of(run, "approve")).status_code == 403
    assert client.post(page_of(run, "approve")).status_code == 403
    run.refresh_from_db()
    assert run.state == RunState.WAITING


def test_a_run_is_approved_once() -> None:
    run = waiting_run()
    client = officer()
    assert "Approve this run" in text_of(client.get(page_of(run)))
    client.post(page_of(run, "approve"))
    assert "Approve this run" not in text_of(client.get(page_of(run)))
    assert "does not wait for approval any more" in text_of(client.get(page_of(run, "approve")))
    assert "does not wait for approval any more" in text_of(client.post(page_of(run, "approve"), follow=True))
    assert AuditEvent.objects.filter(action="approved").count() == 1


def test_a_run_that_does_not_exist_cannot_be_approved() -> None:
    run = waiting_run()
    address = page_of(run, "approve")
    run.chunks.all().delete()
    run.delete()
    assert officer().post(address).status_code == 404


# Runs and evidence ----------------------------------------------------------------------------------------------------


def test_a_run_cannot_be_edited_by_anybody() -> None:
    run = waiting_run()
    client = break_glass()
    assert client.get(page_of(run)).status_code == 200
    assert client.post(page_of(run), {"state": "done"}).status_code == 403
    run.refresh_from_db()
    assert run.state == RunState.WAITING


def test_the_page_of_a_run_shows_its_chunks_and_leads_to_its_erasures() -> None:
    contact("Silent", collected_on=date(2024, 11, 22), email="silent@example.org")
    run = night()
    client = signed_in(AUDITOR)
    answer = client.get(page_of(run))
    assert "Chunks" in text_of(answer)
    assert f"?run={run.pk}" in answer.content.decode()
    assert [one.rule for one in shown(client.get(list_of("retention.erasurerecord"), {"run": str(run.pk)}))] == [
        "MKT24"
    ]
    assert shown(client.get(list_of("retention.erasurerecord"), {"run": str(waiting_run().pk)})) == []
    assert shown(client.get(list_of("retention.erasurerecord"), {"run": "no id"})) == []


def test_an_erasure_is_found_by_the_address_the_person_names_and_by_reference() -> None:
    person = contact("Silent", collected_on=date(2024, 11, 22), email="Silent@Example.org")
    contact("Other", collected_on=date(2024, 11, 22), email="other@example.org")
    night()
    assert not Contact.objects.exists()
    client = signed_in(AUDITOR)

    def references(text: str) -> list[str]:
        return [one.reference for one in shown(client.get(list_of("retention.erasurerecord"), {"q": text}))]

    assert len(references("")) == 2
    assert references("silent@EXAMPLE.org") == [person.reference]
    assert references(person.reference.lower()) == [person.reference]
    assert references("nobody@example.org") == []
    assert ErasureRecord.objects.count() == 2


# Holds --------------------------------------------------------------------------------------------------------------


def wanted(person: Contact, until: date | str = TODAY + 30 * DAY, **fields: str) -> dict[str, str]:
    """What the form for a hold sends."""
    return {"contact": str(person.pk), "scope": "all", "matter": "Dispute 12/2026", "until_on": str(until)} | fields


def test_the_officer_places_a_hold_which_the_list_and_the_contact_then_show() -> None:
    person = contact()
    client = officer()
    assert client.post(add("retention.hold"), wanted(person)).status_code == 302
    hold = Hold.objects.get()
    assert (hold.contact, hold.kind, hold.scope, hold.until_on) == (person, "legal", "all", TODAY + 30 * DAY)
    assert hold.placed_by == User.objects.get(username="privacy-officer").pk
    assert "Dispute 12/2026" in text_of(client.get(page_of(person)))
    assert "legal hold" in text_of(client.get(list_of("contacts.contact"))).split("Blockers")[1]
    assert AuditEvent.objects.filter(action="held", object_id=person.pk).exists()
    assert "Dispute" not in str([*AuditEvent.objects.values_list()])


def test_a_hold_lasts_twelve_months_at_most() -> None:
    person, last = contact(), add_months(TODAY, 12)
    client = officer()
    for wrong in (last + DAY, TODAY - DAY, ""):
        answer = client.post(add("retention.hold"), wanted(person, wrong))
        assert answer.context["adminform"].form.errors["until_on"]
    assert not Hold.objects.exists()
    assert client.post(add("retention.hold"), wanted(person, last)).status_code == 302
    assert client.post(add("retention.hold"), wanted(person, TODAY)).status_code == 302


def test_a_hold_needs_a_matter() -> None:
    answer = officer().post(add("retention.hold"), wanted(contact(), matter=""))
    assert answer.context["adminform"].form.errors["matter"]
    assert not Hold.objects.exists()


def test_only_the_officer_places_and_releases_holds() -> None:
    person = contact()
    hold = holding.place(person, "Dispute", TODAY + DAY, Actor.command(), NOW)
    for role in (PRIVACY_CLERK, AUDITOR):
        client = signed_in(role)
        assert "Dispute" in text_of(client.get(list_of("retention.hold")))
        assert client.post(add("retention.hold"), wanted(person)).status_code == 403
        assert client.post(page_of(hold, "release")).status_code == 403
    hold.refresh_from_db()
    assert (hold.released_at, Hold.objects.count()) == (None, 1)


def test_a_hold_is_released_by_a_button_after_a_page_that_says_what_follows() -> None:
    hold = holding.place(contact(), "Dispute", TODAY + DAY, Actor.command(), NOW)
    client = officer()
    assert "the next run erases the data the hold has kept" in text_of(client.get(page_of(hold, "release")))
    hold.refresh_from_db()
    assert hold.released_at is None
    assert "Released. The next run decides anew" in text_of(client.post(page_of(hold, "release"), follow=True))
    hold.refresh_from_db()
    assert (hold.released_at, hold.released_by) == (NOW, User.objects.get(username="privacy-officer").pk)
    assert "has been released already" in text_of(client.get(page_of(hold, "release")))
    assert "Release this hold" not in text_of(client.get(page_of(hold)))


def test_a_hold_is_never_edited() -> None:
    hold = holding.place(contact(), "Dispute", TODAY + DAY, Actor.command(), NOW)
    client = break_glass()
    assert client.get(page_of(hold)).status_code == 200
    assert client.post(page_of(hold), wanted(hold.contact, TODAY + 60 * DAY)).status_code == 403
    hold.refresh_from_db()
    assert hold.until_on == TODAY + DAY


def test_the_hold_of_a_rights_request_is_not_released_here() -> None:
    hold = Hold.objects.create(contact=contact(), kind="request", matter="access")
    client = officer()
    assert "belongs to a rights request" in text_of(client.get(page_of(hold, "release")))
    answer = client.post(page_of(hold, "release"), follow=True)
    assert "belongs to a rights request" in text_of(answer)
    hold.refresh_from_db()
    assert hold.released_at is None


def test_holds_are_found_by_contact_by_matter_and_by_whether_they_are_in_force() -> None:
    anna, matti = contact(email="anna@example.org"), contact("Matti", "Laine")
    holding.place(anna, "Dispute 1", TODAY, Actor.command(), NOW)
    released = holding.place(matti, "Audit 2", TODAY, Actor.command(), NOW)
    holding.release(released, Actor.command(), NOW)
    client = officer()

    def matters(**asked: str) -> list[str]:
        return sorted(one.matter for one in shown(client.get(list_of("retention.hold"), asked)))

    assert matters() == ["Audit 2", "Dispute 1"]
    assert matters(q="anna@example.org") == ["Dispute 1"]
    assert matters(q="laine") == ["Audit 2"]
    assert matters(q="dispute") == ["Dispute 1"]
    assert matters(in_force="yes") == ["Dispute 1"]
    assert matters(in_force="no") == ["Audit 2"]
    with time_machine.travel(NOW + DAY, tick=False):
        client = officer_again()
        assert matters(in_force="yes") == []


def test_a_list_of_holds_names_nobody_and_the_auditor_gets_no_link() -> None:
    person = contact()
    holding.place(person, "Dispute", TODAY, Actor.command(), NOW)
    body = officer().get(list_of("retention.hold")).content.decode()
    assert f'<a href="{page_of(person)}">{person.reference}</a>' in body
    audited = signed_in(AUDITOR).get(list_of("retention.hold")).content.decode()
    assert person.reference in audited
    assert page_of(person) not in audited
    assert "Virtanen" not in body + audited


def test_a_relationship_without_an_agreement_is_listed_with_its_first_day() -> None:
    customer("Nordlicht GmbH")
    namesake = Organisation.objects.create(name="Nordlicht Oy")
    person = contact(at=namesake, in_marketing=False)
    assert due.list_gaps(TODAY) == 1
    client = officer()
    text = text_of(client.get(list_of("retention.datagap")))
    assert "Nordlicht Oy" in text
    assert person.reference in text
    assert "1 relationship without an agreement should be checked" in text_of(client.get(HOME))
    assert client.post(page_of(DataGap.objects.get()), {}).status_code == 403


# The home page --------------------------------------------------------------------------------------------------------


def home(client: Client) -> dict[str, Any]:
    """The panels of the home page by title, each with what it was filled with."""
    return {str(panel.title): panel.context for panel in client.get(HOME).context["panels"]}


def test_a_night_counts_as_missed_after_26_hours_and_not_before() -> None:
    contact()
    night()
    client = officer()
    for late, missed in ((timedelta(hours=26), False), (timedelta(hours=26, seconds=1), True)):
        with time_machine.travel(NOW + late, tick=False):
            Contact.objects.update(created_at=NOW - DAY)
            RetentionRun.objects.update(finished_at=NOW)
            client = officer_again()
            assert ("A night was missed" in home(client)) is missed


def officer_again() -> Client:
    """The same officer, signed in at another time."""
    user = User.objects.get(username="privacy-officer")
    client = Client()
    client.force_login(user)
    return client


def test_an_empty_house_has_missed_nothing_and_says_what_to_do() -> None:
    text = text_of(officer().get(HOME))
    assert "A night was missed" not in text
    assert "Nobody is due" in text
    assert "No run yet" in text
    assert "No contacts yet. Import a file, or add a contact by hand" in text
    assert "No erasure falls into the next 24 months" in text
    assert "No run waits" in text


def test_the_next_run_is_announced_with_what_it_will_find() -> None:
    contact("Silent", collected_on=date(2024, 11, 23))
    contact("Tomorrow", collected_on=date(2024, 11, 24))
    held = contact("Held", collected_on=date(2024, 11, 23))
    holding.place(held, "Dispute", TODAY + 30 * DAY, Actor.command(), NOW)
    contact("Tied", at=customer(), collected_on=date(2020, 1, 1))
    night(on=TODAY)
    panel = home(officer())["Next run"]
    assert (panel["starts_at"], panel["on"], panel["at_once"]) == (TONIGHT, date(2026, 11, 24), False)
    assert panel["counts"] == {
        "due": 2,
        "erase": 2,
        "marketing": 2,
        "customer": 0,
        "none": 0,
        "leave": 0,
        "blocked": 1,
    }


def test_somebody_who_only_leaves_a_register_is_not_counted_among_the_erased() -> None:
    contact(at=customer(until=date(2022, 1, 1)), collected_on=date(2024, 1, 1))
    counts = expected(TODAY)
    assert (counts["due"], counts["leave"], counts["erase"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-23T01:29:59", "2026-11-23T01:30:00"),
        ("2026-11-23T01:30:00", "2026-11-23T01:30:00"),
        ("2026-11-23T04:59:59", "2026-11-23T04:59:59"),
        ("2026-11-23T05:00:00", "2026-11-24T01:30:00"),
        ("2026-11-23T23:00:00", "2026-11-24T01:30:00"),
    ],
)
def test_the_next_run_starts_in_the_night_window(now: str, start: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_start(at) == datetime.fromisoformat(start).replace(tzinfo=UTC)


def test_after_a_missed_night_the_next_run_starts_at_once_and_after_a_run_tomorrow() -> None:
    contact()
    Contact.objects.update(created_at=NOW - 3 * DAY)
    assert next_start(NOW) == NOW
    night()
    assert next_start(NOW) == TONIGHT


def test_a_waiting_run_is_shown_with_its_reason_and_only_the_officer_gets_the_button() -> None:
    run = waiting_run()
    for client, may in ((officer(), True), (signed_in(PRIVACY_CLERK), False)):
        answer = client.get(HOME)
        assert "is in the future" in text_of(answer)
        assert (page_of(run, "approve") in answer.content.decode()) is may


def test_the_forecast_shows_the_same_figures_as_chart_and_as_table() -> None:
    contact("Overdue", collected_on=date(2024, 1, 1))
    contact("Soon", collected_on=date(2024, 12, 24))
    contact("Later", collected_on=date(2026, 11, 1))
    contact("AfterTheChart", collected_on=date(2026, 11, 22), at=customer(until=date(2026, 11, 1)))
    panel = home(officer())["Erasures in the next 24 months"]
    assert panel["months"] == due.forecast(TODAY)
    assert [(column.month, column.count) for column in panel["chart"].columns] == panel["months"]
    counts = {month: count for month, count in panel["months"] if count}
    assert counts == {date(2026, 11, 1): 1, date(2026, 12, 1): 1}
    assert panel["total"] == 2


def test_the_registers_are_counted_and_lead_to_their_lists() -> None:
    contact("Marketing")
    contact("Both", at=customer())
    contact("None", in_marketing=False)
    client = officer()
    panel = home(client)["Contacts by register"]
    assert {row["value"]: row["count"] for row in panel["rows"]} == {
        "marketing": 1,
        "customer": 0,
        "both": 1,
        "none": 1,
    }
    assert "?register=both" in client.get(HOME).content.decode()


# The chart ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (4, 4), (5, 8), (8, 8), (9, 20), (40, 40), (41, 80), (200_001, 400_000)]
)
def test_the_scale_ends_at_a_round_number_that_reaches_the_highest_column(highest: int, top: int) -> None:
    chart = columns([(date(2026, 11, 1), highest)])
    assert chart.lines[-1][1] == top
    assert top >= highest


def test_columns_stand_on_the_floor_side_by_side_and_stay_inside() -> None:
    months = [(add_months(date(2026, 1, 1), number), number * 7) for number in range(24)]
    chart = columns(months)
    assert len(chart.columns) == 24
    for column, (_month, count) in zip(chart.columns, months, strict=True):
        assert column.y + column.height == pytest.approx(HEIGHT - BOTTOM)
        assert column.y >= 0
        assert (column.height > 0) is (count > 0)
    for left, right in zip(chart.columns, chart.columns[1:], strict=False):
        assert left.x + left.width < right.x
    assert chart.columns[-1].x + chart.columns[-1].width <= chart.width
    assert [column.labelled for column in chart.columns[:4]] == [True, False, False, True]
