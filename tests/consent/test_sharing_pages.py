"""The pages of passing on: preview by GET, act by POST, roles, exceptions approved by another, recipients told."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from config import roles
from config.models import Actor, User
from consent import ledger, sharing
from consent.models import (
    Disclosure,
    DisclosureBatch,
    ExceptionalDisclosure,
    Recipient,
    RecipientNotice,
    RecipientPurpose,
    Safeguard,
)
from consent.models.disclosures import NoticeReason
from contacts.models import Contact
from tests.consent.disclosure_cast import buyer, exception, proposal, purpose, recipient, safeguard
from tests.consent.permission_cast import restricts
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    add,
    at_work,
    list_of,
    officer,
    page_of,
    rows_of_everything,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

SHARE = "consent.disclosurebatch"


@pytest.fixture(autouse=True)
def _at_work(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def asked(one: Recipient, **fields: Any) -> dict[str, Any]:
    """What the form sends."""
    known = {"recipient": one.pk, "purpose": purpose().pk, "what_for": "Orders of May", "file_format": "csv"}
    return known | fields


def csv_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# Share with ... -----------------------------------------------------------------------------------------------------


def test_looking_counts_and_changes_nothing() -> None:
    one, barred = buyer(), buyer()
    restricts(barred)
    client, partner = officer(), recipient()
    before = rows_of_everything()
    page = text_of(client.get(add(SHARE), asked(partner, contacts="")))
    assert "1 passed on" in page and "1 stay here" in page
    assert "Processing is restricted: the data is stored and not passed on Art. 18" in page
    assert "All contacts" in page
    assert rows_of_everything() == before
    assert one.reference not in page


def test_passing_on_gives_the_file_once_and_records_it() -> None:
    one = buyer()
    client, partner = signed_in(roles.PRIVACY_CLERK), recipient()
    found = csv_of(client.post(add(SHARE), asked(partner, contact=one.pk, fields_wanted=["email"])))
    assert found == [{"reference": one.reference, "email": one.email}]
    batch = DisclosureBatch.objects.get()
    assert (batch.recipient, batch.title, batch.fields) == (partner, "Orders of May", ["email"])
    assert Disclosure.objects.get().contact == one
    page = text_of(client.get(page_of(batch)))
    assert "privacy-clerk" in page and batch.digest in page


def test_a_list_goes_as_it_was_filtered() -> None:
    finn, swede = buyer(), buyer(country="SE")
    client, partner = officer(), recipient()
    listing = client.get(list_of("contacts.contact"), {"country": "SE"})
    assert {row.pk for row in shown(listing)} == {swede.pk}
    assert "contacts=country%3DSE" in listing.content.decode()
    found = csv_of(client.post(add(SHARE), asked(partner, contacts="country=SE")))
    assert [row["reference"] for row in found] == [swede.reference]
    assert Disclosure.objects.filter(contact=finn).count() == 0


def test_nothing_ticked_is_the_smallest_set() -> None:
    one = buyer()
    found = csv_of(officer().post(add(SHARE), asked(recipient(), contact=one.pk)))
    assert set(found[0]) == {
        "reference", "salutation", "first_name", "last_name", "email", "phone", "job_function", "organisation"
    }  # fmt: skip


def test_more_than_the_purpose_needs_is_refused_by_name() -> None:
    one = buyer()
    answer = officer().post(add(SHARE), asked(recipient(), contact=one.pk, fields_wanted=["email", "topics"]))
    assert "More than this purpose needs (S67): topics of interest." in text_of(answer)
    assert not DisclosureBatch.objects.exists()


def test_nobody_goes_and_the_page_says_so() -> None:
    one = buyer()
    restricts(one)
    answer = officer().post(add(SHARE), asked(recipient(), contact=one.pk))
    assert "Nobody's data may be passed on" in text_of(answer)
    assert not DisclosureBatch.objects.exists()


def test_who_stays_comes_as_a_list() -> None:
    one = buyer()
    restricts(one)
    found = csv_of(officer().post(add(SHARE), asked(recipient(), contact=one.pk, left_out="1")))
    assert found == [{"reference": one.reference, "bars": "restricted"}]
    assert not DisclosureBatch.objects.exists()


def test_an_authority_is_not_offered() -> None:
    one, court = buyer(), recipient("authority")
    answer = officer().post(add(SHARE), asked(court, contact=one.pk))
    assert "Select a valid choice" in text_of(answer)


def test_without_a_contact_or_a_list_it_says_where_to_begin() -> None:
    assert "Choose a contact, or filter the list of contacts, first." in text_of(officer().get(add(SHARE)))


@pytest.mark.parametrize("role", [roles.AUDITOR, roles.SALES])
def test_others_pass_nothing_on(role: str) -> None:
    one = buyer()
    answer = signed_in(role).post(add(SHARE), asked(recipient(), contact=one.pk))
    assert answer.status_code in (302, 403)
    assert not DisclosureBatch.objects.exists()


def test_the_auditor_reads_the_ledger() -> None:
    buyer()
    _batch, file = sharing.share(proposal(recipient()), Contact.objects.all(), NOW, title="x", actor=Actor.command())
    file.close()
    client = signed_in(roles.AUDITOR)
    for model in ("consent.disclosure", SHARE, "consent.recipient", "consent.safeguard", "consent.recipientnotice"):
        assert client.get(list_of(model)).status_code == 200
    assert "channel_partner 0" in text_of(client.get(list_of("consent.disclosure")))


def test_the_contacts_page_names_who_else_has_it() -> None:
    one = buyer()
    client = officer()
    assert "Nothing of this person has been passed on." in text_of(client.get(page_of(one)))
    abroad = recipient(country="IN")
    safeguard(abroad)
    _batch, file = sharing.share(proposal(abroad), Contact.objects.all(), NOW, title="x", actor=Actor.command())
    file.close()
    page = text_of(client.get(page_of(one)))
    assert f"{abroad.name} IN" in page
    assert "Handling orders: first name, last name, e-mail. Standard contractual clauses" in page


# Recipients ---------------------------------------------------------------------------------------------------------


def test_each_recipient_says_whether_it_is_usable_and_why_not() -> None:
    good, abroad, court, idle = recipient(), recipient(country="IN"), recipient("authority"), recipient("payment")
    RecipientPurpose.objects.filter(recipient=idle).delete()
    client = officer()
    page = text_of(client.get(list_of("consent.recipient")))
    assert "not usable the data would leave the EEA, and no valid transfer tool covers it S72" in page
    assert "by exception an authority, insurer or acquirer" in page
    assert "not usable no purpose is recorded for which it needs data S92" in page
    usable = client.get(list_of("consent.recipient"), {"usable": "yes"})
    assert {row.pk for row in shown(usable)} == {good.pk, court.pk}
    unusable = client.get(list_of("consent.recipient"), {"usable": "no"})
    assert {row.pk for row in shown(unusable)} == {abroad.pk, idle.pk}


def test_the_home_page_warns_before_a_tool_ends() -> None:
    abroad = recipient(country="IN")
    tool = safeguard(abroad, review_on=TODAY + 61 * DAY)
    client = officer()
    assert f"{abroad.name} act by" not in text_of(client.get(reverse("admin:index")))
    Safeguard.objects.filter(pk=tool.pk).update(review_on=TODAY + 60 * DAY)
    assert f"{abroad.name} act by 22 Jan 2027" in text_of(client.get(reverse("admin:index")))
    assert "act by" in text_of(client.get(list_of("consent.safeguard")))
    safeguard(abroad, review_on=TODAY + 300 * DAY)
    assert f"{abroad.name} act by" not in text_of(client.get(reverse("admin:index")))


def test_a_recipient_is_told_from_its_page() -> None:
    one, partner = buyer(), recipient()
    _batch, file = sharing.share(proposal(partner), Contact.objects.all(), NOW, title="x", actor=Actor.command())
    file.close()
    ledger.queue([one.pk], NoticeReason.ERASED, NOW - DAY)
    client = signed_in(roles.PRIVACY_CLERK)
    assert "1 notice owed since" in text_of(client.get(reverse("admin:index")))
    page = client.get(page_of(partner, "tell"))
    until = page.context["form"]["until"].value()
    letter = csv_of(client.post(reverse("admin:consent_recipient_letter", args=[partner.pk]), {"until": until}))
    assert letter[0]["reference"] == one.reference
    assert RecipientNotice.objects.get().told_at is None
    done = text_of(client.post(page_of(partner, "tell"), {"until": until, "method": "letter"}, follow=True))
    assert "1 notice is recorded as given." in done
    assert (RecipientNotice.objects.get().reference, RecipientNotice.objects.get().method) == ("", "letter")
    assert "owed no notice" in text_of(client.get(page_of(partner, "tell")))


def test_the_letter_is_no_link_to_be_fetched() -> None:
    partner = recipient()
    assert officer().get(reverse("admin:consent_recipient_letter", args=[partner.pk])).status_code == 403


# Exceptional disclosures --------------------------------------------------------------------------------------------


def case_form(one: Recipient, *people: Contact, **fields: Any) -> dict[str, Any]:
    known = {
        "ground": "court_order",
        "recipient": one.pk,
        "title": "Order in a civil case",
        "reference": "4 O 12/26",
        "assessment": "We are obliged.",
        "fields_wanted": ["last_name", "email"],
        "contacts": "\n".join(person.reference for person in people),
        "until_on": (TODAY + 9 * DAY).isoformat(),
        "may_tell": "on",
    }
    return known | fields


def test_a_clerk_writes_and_an_officer_approves_and_then_it_is_passed_on() -> None:
    one, court = buyer(), recipient("authority")
    restricts(one)
    clerk, chief = signed_in(roles.PRIVACY_CLERK), officer()
    assert clerk.post(add("consent.exceptionaldisclosure"), case_form(court, one)).status_code == 302
    case = ExceptionalDisclosure.objects.get()
    assert (case.fields, case.scope.get().contact) == (["last_name", "email"], one)
    assert clerk.post(page_of(case, "approve")).status_code == 403
    page = text_of(chief.get(page_of(case, "approve")))
    assert one.reference in page and "We are obliged." in page
    assert "Approved." in text_of(chief.post(page_of(case, "approve"), follow=True))
    assert chief.post(page_of(case), case_form(court, one)).status_code == 403
    assert "Share with ..." in text_of(clerk.get(page_of(case)))
    asked_for = {"exception": str(case.pk), "file_format": "csv"}
    assert "1 passed on" in text_of(clerk.get(add(SHARE), asked_for))
    found = csv_of(clerk.post(add(SHARE), asked_for))
    assert found == [{"reference": one.reference, "last_name": one.last_name, "email": one.email}]
    assert Disclosure.objects.get().ground == "court_order"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"assessment": ""}, "This field is required."),
        ({"reference": ""}, "An order has a number: enter it."),
        ({"may_tell": ""}, "Say why the persons may not be told."),
        ({"contacts": ""}, "Name at least one contact."),
        ({"contacts": "C-ZZZZZZ"}, "C-ZZZZZZ: No contact has this reference or address."),
        ({"fields_wanted": []}, "This field is required."),
        ({"until_on": "2026-11-22"}, "Enter today or a later day."),
        ({"ground": "transaction"}, "A sale reaches a register and names no contacts."),
    ],
)
def test_nothing_is_left_open(wrong: dict[str, Any], says: str) -> None:
    one, court = buyer(), recipient("authority")
    answer = officer().post(add("consent.exceptionaldisclosure"), case_form(court, one, **wrong))
    assert says in text_of(answer)
    assert not ExceptionalDisclosure.objects.exists()


def test_the_writer_is_not_offered_the_approval_while_another_officer_is_there() -> None:
    one, court = buyer(), recipient("authority")
    client = officer()
    client.post(add("consent.exceptionaldisclosure"), case_form(court, one))
    case = ExceptionalDisclosure.objects.get()
    assert "Approve this disclosure" in text_of(client.get(page_of(case)))
    writer = User.objects.get(pk=str(case.written_by))
    User.objects.create_user("second").groups.set(writer.groups.all())
    assert "Approve this disclosure" not in text_of(client.get(page_of(case)))
    client.post(page_of(case, "approve"))
    case.refresh_from_db()
    assert case.approved_at is None


def test_an_approved_case_past_its_day_is_not_passed_on() -> None:
    one, court = buyer(), recipient("authority")
    case = exception(court, one, until_on=TODAY - DAY)
    client = officer()
    assert "Share with ..." not in text_of(client.get(page_of(case)))
    answer = client.post(add(SHARE), {"exception": case.pk, "file_format": "csv"})
    assert "Nobody's data may be passed on" in text_of(answer)
