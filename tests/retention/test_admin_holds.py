"""Holds on the operators' pages: placed with an end, released by a button, never edited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from config.dates import add_months
from config.models import Actor, AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER
from contacts.models import Contact, Organisation
from retention import due, holding
from retention.models import DataGap, Hold
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
    shown,
    signed_in,
    signed_in_again,
    text_of,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"
TONIGHT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


# Holds --------------------------------------------------------------------------------------------------------------


def wanted(person: Contact, until: date | str = TODAY + 30 * DAY, **fields: str) -> dict[str, str]:
    """What the form for a hold sends."""
    return {"contact": str(person.pk), "scope": "all", "matter": "Dispute 12/2026", "until_on": str(until)} | fields


def test_the_officer_places_a_hold_which_the_list_and_the_contact_then_show() -> None:
    person = contact()
    client = officer()
    placed = client.post(add("retention.hold"), wanted(person))
    assert placed.status_code == 302
    assert f"legal hold {person.reference}" in str(Hold.objects.get())
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


def test_the_contact_of_a_hold_is_named_by_reference_or_address_and_must_be_one() -> None:
    person = contact(email="anna@example.org")
    contact("Matti", "Virtanen")
    client = officer()
    for typed, problem in (("nobody@example.org", "No contact has"), ("virtanen", "More than one"), ("", "required")):
        answer = client.post(add("retention.hold"), wanted(person, contact=typed))
        assert problem in str(answer.context["adminform"].form.errors["contact"])
    assert not Hold.objects.exists()
    for typed in (person.reference, "Anna@Example.org", str(person.pk)):
        assert client.post(add("retention.hold"), wanted(person, contact=typed)).status_code == 302
    assert {hold.contact for hold in Hold.objects.all()} == {person}
    assert (
        f'value="{person.reference}"'
        in client.get(add("retention.hold"), {"contact": person.reference}).content.decode()
    )


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


def test_the_officer_marks_a_hold_that_the_person_must_not_hear_of() -> None:
    client = officer()
    assert "an access answer leaves the hold out" in text_of(client.get(add("retention.hold")))
    for fields, secret in (({}, False), ({"is_secret": "on"}, True)):
        client.post(add("retention.hold"), wanted(contact(), **fields))
        hold = Hold.objects.latest("placed_at", "id")
        assert hold.is_secret is secret
        page = text_of(client.get(page_of(hold)))
        assert "Must stay secret" in page
    hold.refresh_from_db()
    assert hold.is_secret
    assert "is_secret" not in signed_in(PRIVACY_CLERK).get(add("retention.hold")).content.decode()


def test_a_hold_is_released_by_a_button_after_a_page_that_says_what_follows() -> None:
    hold = holding.place(contact(), "Dispute", TODAY + DAY, Actor.command(), NOW)
    client = officer()
    assert "the next run erases the data the hold has kept" in text_of(client.get(page_of(hold, "release")))
    hold.refresh_from_db()
    assert hold.released_at is None
    assert "Released. The next run decides anew" in text_of(client.post(page_of(hold, "release"), follow=True))
    hold.refresh_from_db()
    assert hold.released_at == NOW
    assert hold.released_by == User.objects.get(username="privacy-officer").pk
    assert "has been released already" in text_of(client.get(page_of(hold, "release")))
    assert "Release this hold" not in text_of(client.get(page_of(hold)))


def test_a_hold_has_somebody_who_answers_for_it_and_somebody_who_approved_it() -> None:
    """E28. Nobody named means whoever places it; at the command line there is no account to name."""
    client = officer()
    assert 'value="privacy-officer"' in client.get(add("retention.hold")).content.decode()
    client.post(add("retention.hold"), wanted(contact(), owner="Legal department"))
    client.post(add("retention.hold"), wanted(contact()))
    holding.place(contact(), "Dispute", TODAY + DAY, Actor.command(), NOW)
    assert list(Hold.objects.order_by("pk").values_list("owner", flat=True)) == [
        "Legal department",
        "privacy-officer",
        "command line",
    ]
    text = text_of(client.get(page_of(Hold.objects.get(owner="Legal department"))))
    assert "Answers for the matter: Legal department" in text
    assert "Approved by: privacy-officer" in text


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
        client = signed_in_again(PRIVACY_OFFICER)
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
    assert due.list_gaps(TODAY, TODAY) == 1
    client = officer()
    text = text_of(client.get(list_of("retention.datagap")))
    assert "Nordlicht Oy" in text
    assert person.reference in text
    assert "23 Nov 2026 23 Dec 2026" in text, "first listed on, held back until"
    assert "Relationships without an agreement 1" in text_of(client.get(HOME))
    assert client.post(page_of(DataGap.objects.get()), {}).status_code == 403
