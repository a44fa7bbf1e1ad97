"""The pages of the quarantine: what waits, what it says beside the register, and the two decisions (E37)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from config import roles
from config.models import AuditEvent, User
from config.policy.periods import QUARANTINE_DAYS
from consent.intake import quarantine
from consent.models import FormerAddress, QuarantinedRow
from consent.models.suppression import FormerReason
from contacts.models import Contact
from tests.consent.conftest import (
    NOW,
    bring,
    customer,
    differences,
    former,
    is_there,
    on,
    person,
    restrict,
    snapshot,
    suppress,
    the,
)
from tests.consent.pages import ROLES, clerk, said, signed_in, surroundings, text_of

pytestmark = pytest.mark.django_db

__all__ = ["clerk", "surroundings"]

LIST = "admin:consent_quarantinedrow_changelist"
ERASED_ON = on("2026-02-03")
SECOND = timedelta(seconds=1)
PRIVACY = (roles.PRIVACY_OFFICER, roles.PRIVACY_CLERK)
SESSION = {"sessions.Session"}


def under_another_name(**cells: str) -> QuarantinedRow:
    """A row for Kurt Schmidt with the address of Anna Virtanen, who is a contact."""
    if not is_there():
        bring([person(collected_on="2025-01-01")])
    bring([person(first_name="Kurt", last_name="Schmidt", collected_on="2026-01-01") | cells], name="fair.csv")
    return QuarantinedRow.objects.latest("pk")


def of_somebody_erased(**cells: str) -> QuarantinedRow:
    """A row for somebody who was erased on request."""
    former("erased@example.org", FormerReason.REQUEST, ERASED_ON)
    bring([person("erased@example.org") | cells], name="fair.csv")
    return QuarantinedRow.objects.latest("pk")


def page(what: str, waiting: QuarantinedRow) -> str:
    """The address of a row's page or of one of its decisions."""
    return reverse(f"admin:consent_quarantinedrow_{what}", args=[waiting.pk])


def decide(client: Client, what: str, waiting: QuarantinedRow) -> Any:
    """Confirm a decision; the page that follows."""
    return client.post(page(what, waiting), follow=True)


# Who may do what ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_only_privacy_staff_see_what_is_in_quarantine(role: str) -> None:
    waiting = under_another_name()
    client = signed_in(role)
    expected = 200 if role in PRIVACY else 403
    for address in (reverse(LIST), page("change", waiting), page("admit", waiting), page("drop", waiting)):
        answer = client.get(address)
        assert answer.status_code == expected, address
        assert (expected == 200) or "Schmidt" not in text_of(answer)


@pytest.mark.parametrize("what", ["admit", "drop"])
@pytest.mark.parametrize("role", [roles.AUDITOR, roles.SALES])
def test_nobody_else_decides_by_sending_the_form_anyway(role: str, what: str) -> None:
    waiting = under_another_name()
    assert signed_in(role).post(page(what, waiting)).status_code == 403
    assert QuarantinedRow.objects.filter(pk=waiting.pk).exists()
    assert the().first_name == "Anna"


def test_somebody_who_is_not_signed_in_is_asked_to() -> None:
    waiting = under_another_name()
    for what in ("change", "admit", "drop"):
        answer: Any = Client().post(page(what, waiting))
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("admin:login"))
    assert QuarantinedRow.objects.filter(pk=waiting.pk).exists()


def test_a_form_from_another_site_is_refused() -> None:
    waiting = under_another_name()
    client = signed_in(roles.PRIVACY_OFFICER, enforce_csrf_checks=True)
    for what in ("admit", "drop"):
        assert client.post(page(what, waiting)).status_code == 403
    assert QuarantinedRow.objects.filter(pk=waiting.pk).exists()


def test_a_row_can_neither_be_added_nor_edited_nor_deleted_past_a_decision(clerk: Client) -> None:
    waiting = under_another_name()
    assert clerk.get(f"{reverse(LIST)}add/").status_code == 403
    clerk.post(page("change", waiting), {"row": "{}", "line": "9"})
    assert clerk.post(f"{reverse(LIST)}{waiting.pk}/delete/", {"post": "yes"}).status_code == 403
    kept = QuarantinedRow.objects.get(pk=waiting.pk)
    assert (kept.row, kept.line) == (waiting.row, waiting.line)


# The list and the page ----------------------------------------------------------------------------------------------


def test_the_oldest_row_comes_first_with_its_reason_and_the_day_it_expires(clerk: Client) -> None:
    newer, older = under_another_name(), of_somebody_erased()
    QuarantinedRow.objects.filter(pk=older.pk).update(received_at=NOW - timedelta(days=10))
    shown = text_of(clerk.get(reverse(LIST)))
    assert shown.index("was erased on request.") < shown.index("known under a clearly different name.")
    assert shown.index("13 Dec 2026") < shown.index("23 Dec 2026")
    assert shown.index(str(older.pk)) < shown.index(str(newer.pk))
    assert "fair.csv" in shown


def test_the_list_shows_the_rows_of_one_import_when_asked(clerk: Client) -> None:
    one, other = under_another_name(), of_somebody_erased()
    shown = text_of(clerk.get(reverse(LIST), {"batch": str(one.batch_id)}))
    assert str(one.pk) in shown
    assert str(other.pk) not in shown
    nothing = text_of(clerk.get(reverse(LIST), {"batch": "nonsense"}))
    assert str(one.pk) not in nothing
    assert "Nothing matches" in nothing


def test_the_list_shows_no_value(clerk: Client) -> None:
    waiting = under_another_name()
    shown = text_of(clerk.get(reverse(LIST)))
    assert str(waiting.pk) in shown
    assert "Schmidt" not in shown
    assert "anna@example.org" not in shown


def test_a_row_stands_beside_the_contact_it_meets(clerk: Client) -> None:
    waiting = under_another_name(consent_at="2026-01-01T12:00+02:00", phone="+358401234567")
    shown = text_of(clerk.get(page("change", waiting)))
    assert '<th scope="row">First name</th> <td>Kurt</td> <td>Anna <span class="tag tag-waiting">differs' in shown
    assert '<th scope="row">Phone</th> <td>+358401234567</td> <td>–</td>' in shown
    assert '<th scope="row">Consent given at</th> <td>1 Jan 2026, 12:00</td>' in shown
    assert reverse("admin:contacts_contact_change", args=[the().pk]) in shown
    assert "Undecided, it is dropped on</dt><dd>23 Dec 2026" in shown


def test_the_page_of_somebody_erased_says_when_and_offers_to_drop_first(clerk: Client) -> None:
    shown = text_of(clerk.get(page("change", of_somebody_erased())))
    assert "was erased on request on 3 Feb 2026." in shown
    assert shown.index("Drop the row") < shown.index("May enter again: admit")
    assert "In the register" not in shown


def test_a_contact_without_an_address_is_found_by_its_id_at_the_source(clerk: Client) -> None:
    bring([person("", external_id="7", source="crm")])
    bring([person("", external_id="7", source="crm", first_name="Kurt", last_name="Schmidt")])
    shown = text_of(clerk.get(page("change", QuarantinedRow.objects.get())))
    assert "<td>Anna" in shown


def test_a_contact_that_has_left_since_is_said_to_have_left(clerk: Client) -> None:
    waiting = under_another_name()
    the().collections.all().delete()
    the().delete()
    assert "has left the register since" in text_of(clerk.get(page("change", waiting)))


def test_a_row_that_is_not_there_is_not_found(clerk: Client) -> None:
    waiting = under_another_name()
    decide(clerk, "drop", waiting)
    assert clerk.get(page("change", waiting)).status_code == 404


# Asking -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["change", "admit", "drop"])
def test_a_get_changes_nothing(what: str, clerk: Client) -> None:
    waitings = [under_another_name(), of_somebody_erased()]
    for waiting in waitings:
        clerk.get(reverse(LIST))
        before, events = snapshot(), AuditEvent.objects.count()
        assert clerk.get(page(what, waiting)).status_code == 200
        assert set(differences(before, snapshot())) <= SESSION
        assert AuditEvent.objects.count() == events


def test_the_question_says_what_admitting_would_do(clerk: Client) -> None:
    waiting = under_another_name()
    reference = the().reference
    shown = text_of(clerk.get(page("admit", waiting)))
    assert f"The row is taken for contact {reference}" in shown
    restrict(the())
    assert f"Contact {reference} stays as it is" in text_of(clerk.get(page("admit", waiting)))
    erased = of_somebody_erased()
    shown = text_of(clerk.get(page("admit", erased)))
    assert "A new contact is created from the row." in shown
    assert "Obhut forgets that the address was erased on request" in shown
    suppress("erased@example.org")
    assert "does not enter marketing" in text_of(clerk.get(page("admit", erased)))


def test_the_question_about_dropping_says_that_the_contact_stays(clerk: Client) -> None:
    shown = text_of(clerk.get(page("drop", under_another_name())))
    assert "nothing of it reaches the register" in shown
    assert f"Contact {the().reference} stays as it is." in shown


# Deciding -----------------------------------------------------------------------------------------------------------


def test_admitting_a_row_of_the_same_person_updates_the_contact(clerk: Client) -> None:
    waiting = under_another_name()
    contact = the()
    answer = decide(clerk, "admit", waiting)
    assert said(answer) == ["The row was admitted: the contact was updated."]
    assert answer.redirect_chain == [(reverse(LIST), 302)]
    assert (the().pk, the().first_name, the().last_name) == (contact.pk, "Kurt", "Schmidt")
    assert not QuarantinedRow.objects.exists()


def test_admitting_somebody_erased_lets_them_in_and_forgets_the_bar(clerk: Client) -> None:
    answer = decide(clerk, "admit", of_somebody_erased())
    assert said(answer) == ["The row was admitted: a new contact was created."]
    assert the("erased@example.org").in_marketing
    assert not FormerAddress.objects.exists()
    assert not QuarantinedRow.objects.exists()


def test_an_objection_outlives_the_admission(clerk: Client) -> None:
    customer("Acme Oy")
    waiting = of_somebody_erased(organisation="Acme Oy")
    suppress("erased@example.org")
    answer = decide(clerk, "admit", waiting)
    assert said(answer) == ["The row was admitted, but not for marketing: the address is on the suppression list."]
    assert not the("erased@example.org").in_marketing


def test_dropping_a_row_leaves_the_register_as_it_was(clerk: Client) -> None:
    waiting = under_another_name()
    before = snapshot()
    answer = decide(clerk, "drop", waiting)
    assert said(answer) == ["The row was dropped. Nothing of it was stored."]
    assert set(differences(before, snapshot())) <= SESSION | {"consent.QuarantinedRow"}
    assert not QuarantinedRow.objects.exists()


@pytest.mark.parametrize("first", ["admit", "drop"])
@pytest.mark.parametrize("second", ["admit", "drop"])
def test_of_two_decisions_the_first_counts(first: str, second: str, clerk: Client) -> None:
    waiting = under_another_name()
    officer = signed_in(roles.PRIVACY_OFFICER)
    decide(clerk, first, waiting)
    before = snapshot()
    answer = decide(officer, second, waiting)
    assert said(answer) == ["Nothing was done: this row has been decided already, or has expired."]
    assert set(differences(before, snapshot())) <= SESSION
    assert the().first_name == ("Kurt" if first == "admit" else "Anna")


@pytest.mark.parametrize("what", ["admit", "drop"])
def test_a_decision_is_in_the_audit_trail_with_its_person_and_without_a_name(what: str, clerk: Client) -> None:
    waiting = under_another_name()
    answer = decide(clerk, what, waiting)
    event = AuditEvent.objects.latest("pk")
    assert event.action == {"admit": "admitted from quarantine", "drop": "dropped from quarantine"}[what]
    assert (event.object_id, event.batch) == (waiting.pk, waiting.batch_id)
    assert event.actor_id == User.objects.get(username="clerk").pk
    everything = json.dumps([list(AuditEvent.objects.values("action", "fields", "counts")), said(answer)])
    assert not any(value in everything for value in ("Schmidt", "Virtanen", "example.org"))
    assert not LogEntry.objects.exists()


def test_an_undecided_row_goes_after_thirty_days_and_not_before(clerk: Client) -> None:
    waiting = under_another_name()
    contacts = Contact.objects.count()
    end = waiting.received_at + timedelta(days=QUARANTINE_DAYS)
    assert quarantine.expire(end - SECOND) == 0
    assert clerk.get(page("change", waiting)).status_code == 200
    assert quarantine.expire(end + SECOND) == 1
    assert "or has expired" in said(decide(clerk, "admit", waiting))[0]
    assert Contact.objects.count() == contacts
