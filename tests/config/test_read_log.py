"""Who looked at whose data: one row before the answer leaves, and no answer without it (R14, R15; C-579/21)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
import uuid_utils.compat as uuid
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.http import FileResponse, HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path, reverse
from pytest_django import Settings

from config import read_log, urls
from config.models import AccessEvent, AccessKind, Actor, AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES
from consent.models import AudienceExport, Purpose
from contacts import merging
from contacts.look_ups import LookUp, looked_up
from contacts.models import Contact
from retention import expiry, residue
from tests.consent.permission_cast import consents, prospect
from tests.retention.nights import run_night
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
    sent,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def noted() -> list[tuple[str, str, list[str]]]:
    """(how, page, ids) of every row, oldest first."""
    return list(AccessEvent.objects.order_by("id").values_list("kind", "view", "object_ids"))


def ids(*people: Contact) -> list[str]:
    return sorted(str(one.pk) for one in people)


# What is noted ------------------------------------------------------------------------------------------------------


def test_a_list_of_fifty_is_one_row_with_fifty_ids() -> None:
    people = [contact(email=f"person{number}@example.org") for number in range(50)]
    with CaptureQueriesContext(connection) as queries:
        officer().get(list_of("contacts.contact"))
    [(kind, view, seen)] = noted()
    assert (kind, view) == ("list", "admin:contacts_contact_changelist")
    assert sorted(seen) == ids(*people)
    assert len([one for one in queries if "INSERT INTO" in one["sql"] and "accessevent" in one["sql"]]) == 1


def test_only_whom_the_page_shows_is_noted() -> None:
    shown, _other = contact("Anna", "Virtanen"), contact("Bert", "Schmidt")
    officer().get(list_of("contacts.contact"), {"q": "Virtanen"})
    assert noted() == [("search", "admin:contacts_contact_changelist", ids(shown))]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/admin/contacts/contact/{key}/change/", "record"),
        ("/admin/contacts/contact/{key}/history/", "history"),
        ("/admin/contacts/contact/", "list"),
        ("/admin/contacts/contact/?q=Virtanen", "search"),
        ("/admin/contacts/contact/?_popup=1", "popup"),
        ("/admin/contacts/organisation/{firm}/change/", "record"),
    ],
)
def test_each_way_to_see_somebody_has_its_name(address: str, kind: str) -> None:
    firm = customer()
    person = contact(at=firm)
    assert officer().get(address.format(key=person.pk, firm=firm.pk)).status_code == 200
    assert [(how, people) for how, _view, people in noted()] == [(kind, ids(person))]


def test_a_page_with_nobody_on_it_is_not_noted() -> None:
    client = officer()
    for address in ("/admin/", list_of("contacts.contact"), list_of("consent.purpose")):
        assert client.get(address).status_code == 200
    assert noted() == []


def test_somebody_who_is_not_signed_in_is_not_noted() -> None:
    Client().get(page_of(contact()))
    assert noted() == []


def test_a_form_is_noted_before_it_is_handled_and_says_nothing_of_its_content() -> None:
    person = contact()
    assert officer().post(page_of(person), sent(person, last_name="Secretname")).status_code == 302
    assert noted() == [("sent", "admin:contacts_contact_change", ids(person))]


# Attempts -----------------------------------------------------------------------------------------------------------


def test_an_id_that_somebody_guessed_is_noted_as_an_attempt() -> None:
    guessed = uuid.uuid7()
    officer().get(f"/admin/contacts/contact/{guessed}/change/")
    assert noted() == [("refused", "admin:contacts_contact_change", [str(guessed)])]


def test_a_record_that_a_role_may_not_see_is_noted_as_an_attempt() -> None:
    person = contact()
    assert signed_in(SALES).get(page_of(person)).status_code == 403
    assert noted() == [("refused", "admin:contacts_contact_change", ids(person))]
    assert list(looked_up(person)) == []


# For what purpose, in which role ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "purpose"),
    [(PRIVACY_OFFICER, "register"), (PRIVACY_CLERK, "register"), (AUDITOR, "audit"), (SALES, "customer")],
)
def test_each_role_has_the_purpose_it_usually_works_for(role: str, purpose: str) -> None:
    signed_in(role).get(f"/admin/contacts/contact/{uuid.uuid7()}/change/")
    event = AccessEvent.objects.get()
    assert (event.role, event.purpose, event.actor_id) == (role, purpose, User.objects.get().pk)


def test_break_glass_is_named_as_such() -> None:
    break_glass().get(page_of(contact()))
    event = AccessEvent.objects.get()
    assert (event.role, event.purpose) == ("break-glass", "support")


def test_a_purpose_is_set_once_and_holds_for_the_session() -> None:
    client, person = officer(), contact()
    page = page_of(person)
    assert "Purpose: keeping the register" in text_of(client.get(page))
    answer = client.post(reverse("admin:purpose"), {"purpose": "rights", "next": page})
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert "Purpose: answering a rights request" in text_of(client.get(page))
    assert list(AccessEvent.objects.order_by("id").values_list("purpose", flat=True)) == ["register", "rights"]


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_setting_a_purpose_leads_nowhere_else(back: str) -> None:
    answer = officer().post(reverse("admin:purpose"), {"purpose": "nonsense", "next": back})
    assert answer.headers["Location"] == reverse("admin:index")


def test_a_purpose_is_not_set_by_a_link() -> None:
    assert officer().get(reverse("admin:purpose"), {"purpose": "audit"}).status_code == 405


# Files --------------------------------------------------------------------------------------------------------------


def audience_form(**more: str) -> dict[str, str]:
    purpose = Purpose.objects.get(code="marketing")
    return {"title": "Letter", "purpose": str(purpose.pk), "channel": "email", **more}


def reader(email: str) -> Contact:
    """Somebody who consented to adverts."""
    person = prospect(email)
    consents(person)
    return person


def file_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


TAKE = "admin:consent_audienceexport_add"


def test_a_file_names_everybody_in_it_and_nobody_else() -> None:
    person, other = reader("anna@example.org"), prospect("bob@example.org")
    client = officer()
    taken = file_of(client.post(reverse(TAKE), audience_form()))
    assert person.email in taken and other.email not in taken
    left_out = file_of(client.post(reverse(TAKE), audience_form(left_out="1")))
    assert other.reference in left_out and person.reference not in left_out
    assert noted() == [("export", TAKE, ids(person)), ("export", TAKE, ids(other))]


def test_a_long_file_takes_several_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_log, "PER_EVENT", 2)
    request = RequestFactory().get("/")
    request.user, request.session = User.objects.create_superuser("root"), {}  # type: ignore[assignment]
    request.resolver_match = None
    people = [uuid.uuid7() for _one in range(5)]
    read_log.note_file(request, people)
    assert [len(one.object_ids) for one in AccessEvent.objects.order_by("id")] == [2, 2, 1]


def unnoted_file(request: HttpRequest) -> FileResponse:
    return FileResponse([b"Anna Virtanen"])


def test_a_file_that_nobody_noted_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "urlpatterns", [path("forgotten", unnoted_file), *urls.urlpatterns])
    from django.urls import clear_url_caches

    clear_url_caches()
    try:
        answer = officer().get("/forgotten")
    finally:
        clear_url_caches()
    assert answer.status_code == 503
    assert b"Virtanen" not in answer.content


# Nothing without the log (R14) --------------------------------------------------------------------------------------


@contextmanager
def broken_log() -> Iterator[None]:
    """The database refuses every row of the log."""
    table = AccessEvent._meta.db_table
    if connection.vendor == "postgresql":
        make = [
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$",
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()",
        ]
        drop = [f"DROP TRIGGER full_disk ON {table}", "DROP FUNCTION full_disk()"]
    else:
        make = [f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"]
        drop = ["DROP TRIGGER full_disk"]
    with connection.cursor() as cursor:
        for statement in make:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in drop:
                cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["change/", "history/", "", "?q=Virtanen", "?_popup=1", "guess"])
def test_without_the_log_nothing_is_shown(what: str) -> None:
    person = contact("Anna", "Virtanen", email="anna@example.org")
    client = officer()
    address = list_of("contacts.contact") + (f"{person.pk}/{what}" if what.endswith("/") else what)
    if what == "guess":
        address = f"/admin/contacts/contact/{uuid.uuid7()}/change/"
    assert client.get(address).status_code in (200, 302)
    with broken_log():
        answer = client.get(address)
    body = answer.content.decode()
    assert answer.status_code == 503
    assert "Nothing can be shown now" in body
    assert not [value for value in ("Virtanen", "anna@", person.reference, str(person.pk)) if value in body]
    assert client.get(address).status_code in (200, 302)


@pytest.mark.django_db(transaction=True)
def test_without_the_log_nothing_is_changed() -> None:
    person = contact("Anna", "Virtanen")
    client = officer()
    form = sent(person, last_name="Changed")
    with broken_log():
        assert client.post(page_of(person), form).status_code == 503
    assert Contact.objects.get().last_name == "Virtanen"
    assert client.post(page_of(person), form).status_code == 302
    assert Contact.objects.get().last_name == "Changed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("more", [{}, {"left_out": "1"}])
def test_without_the_log_no_file_leaves_and_none_is_on_record(more: dict[str, str]) -> None:
    reader("anna@example.org"), prospect("bob@example.org")
    client, form = officer(), audience_form(**more)
    with broken_log():
        answer = client.post(reverse(TAKE), form)
    assert (answer.status_code, answer.streaming) == (503, False)
    assert b"@example.org" not in answer.content and b"C-" not in answer.content
    assert not AudienceExport.objects.exists() and not AuditEvent.objects.exists()
    assert len(file_of(client.post(reverse(TAKE), form)).splitlines()) == 2
    assert AuditEvent.objects.count() == 1


# Evidence -----------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_row_of_the_log_is_never_changed_or_deleted() -> None:
    officer().get(page_of(contact()))
    for act in (lambda: AccessEvent.objects.update(purpose="audit"), lambda: AccessEvent.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert AccessEvent.objects.get().purpose == "register"


def test_the_log_keeps_24_months_to_the_day() -> None:
    officer().get(page_of(contact()))
    with time_machine.travel(NOW.replace(year=2028), tick=False):
        expiry.expire(NOW.replace(year=2028))
        assert AccessEvent.objects.count() == 1
        expiry.expire(NOW.replace(year=2028) + DAY)
        assert AccessEvent.objects.count() == 0


def test_an_access_answer_tells_when_why_and_in_which_role_and_never_who() -> None:
    person, other = contact("Anna"), contact("Bert")
    officer().get(page_of(person))
    signed_in(PRIVACY_CLERK).get(page_of(other))
    [answer] = looked_up(person)
    assert answer == LookUp(NOW, answer.purpose, PRIVACY_OFFICER, AccessKind.RECORD)
    assert str(answer.purpose.label) == "keeping the register"
    assert not [name for name in LookUp.__slots__ if "actor" in name or "user" in name or "account" in name]


def test_what_was_seen_of_a_merged_record_counts_for_the_survivor() -> None:
    survivor, merged = contact("Anna"), contact("Anna")
    officer().get(page_of(merged))
    assert list(looked_up(survivor)) == []
    merging.merge(survivor.pk, merged.pk, actor=Actor.command(), at=NOW)
    assert [one.kind for one in looked_up(survivor)] == ["record"]


def test_the_page_says_who_looked_before_and_names_accounts_only_to_whom_may_read_the_log() -> None:
    person = contact()
    client = officer()
    assert "Nobody looked at this record before." in text_of(client.get(page_of(person)))
    seen = text_of(client.get(page_of(person)))
    assert "opened the record, keeping the register (privacy officer, privacy-officer)" in seen
    assert "opened the record, keeping the register (privacy officer)" in text_of(
        signed_in(PRIVACY_CLERK).get(page_of(person))
    )


def test_the_log_of_one_record_is_a_link_away() -> None:
    person, other = contact("Anna"), contact("Bert")
    client = officer()
    client.get(page_of(person))
    client.get(page_of(other))
    answer = client.get(list_of("config.accessevent"), {"record": str(person.pk)})
    assert [one.object_ids for one in answer.context["cl"].result_list] == [ids(person)]
    assert client.get(list_of("config.accessevent"), {"record": "nonsense"}).context["cl"].result_count == 0


def test_who_saw_somebody_is_found_by_the_reference_also_after_the_erasure() -> None:
    person, other = contact("Anna", collected_on=TODAY.replace(year=2020)), contact("Bert")
    client = officer()
    client.get(page_of(person))
    client.get(page_of(other))
    seen = ids(person)
    run_night(TODAY)
    assert not Contact.objects.filter(pk=person.pk).exists()
    auditor = signed_in(AUDITOR)
    for text in (person.reference, person.reference.lower()):
        answer = auditor.get(list_of("config.accessevent"), {"q": text})
        assert [one.object_ids for one in answer.context["cl"].result_list] == [seen]
    (event,) = answer.context["cl"].result_list
    assert f"{person.reference} {person.pk}" in text_of(auditor.get(page_of(event)))
    assert auditor.get(list_of("config.accessevent"), {"q": "C-000000"}).context["cl"].result_count == 0
    trail = auditor.get(list_of("config.auditevent"), {"q": other.reference}).context["cl"].result_list
    assert {one.object_id for one in trail} <= {other.pk}


@pytest.mark.parametrize(("role", "status"), [(AUDITOR, 200), (PRIVACY_CLERK, 403), (SALES, 403)])
def test_officers_and_auditors_read_the_log(role: str, status: int) -> None:
    assert signed_in(role).get(list_of("config.accessevent")).status_code == status


def test_an_erased_person_leaves_only_an_id_in_the_log_and_the_scan_knows_why() -> None:
    person = contact(email="anna@example.org", collected_on=TODAY.replace(year=2020))
    officer().get(page_of(person))
    run_night(TODAY)
    assert not Contact.objects.exists()
    assert [people for _kind, _view, people in noted()] == [[str(person.pk)]]
    assert list(residue.scan()) == []
