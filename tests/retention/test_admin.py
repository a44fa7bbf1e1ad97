"""The pages about runs and erasures: approval, and evidence that is read and found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from config.models import Actor, AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK
from contacts.models import Contact
from retention import purge
from retention.models import ErasureRecord, RetentionRun
from retention.models.runs import RunState, RunTrigger
from tests.staff import (
    DAY,
    NOW,
    TODAY,
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
