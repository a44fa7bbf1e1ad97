"""The rights on the case page: corrections, packages, restrictions, files, the letter, the authority."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config import roles
from config.models import User
from consent.models import Restriction
from dsar import delivery
from dsar.models import Attachment, AuthorityMatter, CaseEvent, Correction, Delivery, Message, Redaction, RightsRequest
from dsar.models.decisions import Ground, RefusalReason
from dsar.models.requests import Right, Status
from dsar.rights import access
from tests.dsar.cases import answered, carried_out, identified, refuse_activity
from tests.dsar.conftest import NOW, account, case_of, clerk, move, work
from tests.dsar.people import well_known

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _static_files(settings: Settings, tmp_path: Path) -> None:
    """The server's folder of static files, without which it warns."""
    settings.STATIC_ROOT = tmp_path


def browser(role: str = roles.PRIVACY_CLERK) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=str(account(role).user_id)))
    return client


def act(request: RightsRequest, name: str, **sent: object) -> str:
    """What the page says after a button was pressed."""
    where = reverse("admin:dsar_rightsrequest_act", args=[request.pk, name])
    return browser().post(where, sent, follow=True).content.decode()


def page(request: RightsRequest, role: str = roles.PRIVACY_CLERK) -> str:
    where = reverse("admin:dsar_rightsrequest_change", args=[request.pk])
    return browser(role).get(where).content.decode()


def test_the_files_of_a_case_say_what_became_of_its_packages() -> None:
    asked = identified(Right.ACCESS, well_known())
    assert "No file belongs to this case." in page(asked.request)
    carried_out(asked)
    assert "Only packages belong to this case" in page(asked.request)
    delivery.end(Delivery.objects.all(), NOW, clerk())
    assert "have been deleted since" in page(asked.request)


def test_corrections_are_noted_and_taken_back() -> None:
    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    match = asked.request.matches.get(contact=anna)
    assert "Nothing is noted yet" in page(asked.request)
    said = act(asked.request, "correction", match=match.pk, field="city", value="Oulu")
    assert "Noted. It is corrected" in said and "Jyväskylä" in said
    said = act(asked.request, "correction", match=match.pk, field="language", value="de")
    assert said.count("German") == 2 and "correction noted language" in said
    act(asked.request, "drop-correction", correction=Correction.objects.get(field="language").pk)
    act(asked.request, "correction", match=match.pk, field="country", value="XX")
    assert Correction.objects.count() == 1
    act(asked.request, "drop-correction", correction=Correction.objects.get().pk)
    assert not Correction.objects.exists()


def test_corrections_of_a_reopened_case_are_noted_and_taken_back_too() -> None:
    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    match = asked.request.matches.get(contact=anna)
    act(asked.request, "correction", match=match.pk, field="city", value="Oulu")
    carried_out(asked)
    assert "Note the correction" not in page(asked.request)
    answered(asked)
    move(asked.request, Status.IN_ASSESSMENT, note="Oulu was wrong.")
    assert "Note the correction" in page(asked.request)
    act(asked.request, "correction", match=match.pk, field="city", value="Turku")
    assert Correction.objects.get().after == "Turku"
    act(asked.request, "drop-correction", correction=Correction.objects.get().pk)
    assert not Correction.objects.exists()


def test_words_are_blacked_out_and_the_package_built_anew() -> None:
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    first = Delivery.objects.get()
    act(asked.request, "redact", words="My  colleague", why="names a witness")
    assert Redaction.objects.get().words == "My colleague"
    (task,) = case_of(asked.request).tasks
    act(asked.request, "package-again", task=task.pk)
    work()
    first.refresh_from_db()
    assert first.ended_at is not None
    assert Delivery.objects.get(ended_at__isnull=True).withheld == 2
    message = answered(asked)
    assert "link" not in message.parts
    assert "can be fetched" in page(asked.request)


def test_staff_see_what_a_package_will_hold_before_it_is_built_and_no_value_of_it() -> None:
    asked = identified(Right.ACCESS, well_known())
    refuse_activity(asked, RefusalReason.RIGHTS_OF_OTHERS, "It names a witness.")
    where = reverse("admin:dsar_askedright_contents", args=[asked.pk])
    assert where in page(asked.request)
    said = browser().get(where).content.decode()
    for words in ("Dr. Anna Virtanen", "Collections", "It names a witness.", "with something blacked out"):
        assert words in said
    assert "told you, write to" not in said
    built_now = access.contents_of(asked, NOW)
    assert built_now is not None and f"{built_now.entries} rows of data" in said


def test_a_right_that_hands_nothing_over_has_no_page_of_a_package() -> None:
    asked = identified(Right.RESTRICTION, well_known())
    where = reverse("admin:dsar_askedright_contents", args=[asked.pk])
    assert where not in page(asked.request)
    assert browser().get(where).status_code == 404
    assert browser(roles.SALES).get(where).status_code in (302, 403)


def test_staff_open_a_package_by_a_press_and_it_is_noted() -> None:
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    where = reverse("admin:dsar_attachment_open", args=[Attachment.objects.get().pk])
    assert browser().get(where).status_code == 405
    answer = browser().post(where)
    assert answer.getvalue().startswith(b"PK") and "no-store" in answer["Cache-Control"]
    assert CaseEvent.objects.filter(subject="opened by staff").count() == 1
    assert Delivery.objects.get().downloads == 0
    assert browser(roles.AUDITOR).post(where).status_code == 403


def test_a_file_is_added_and_a_wrong_one_refused() -> None:
    asked = identified(Right.COMPLAINT, well_known())
    where = reverse("admin:dsar_attachment_add_to_case", args=[asked.request_id])
    kept = browser().post(where, {"file": SimpleUploadedFile("a.pdf", b"%PDF-1")}, follow=True)
    assert "kept, encrypted" in kept.content.decode()
    refused = browser().post(where, {"file": SimpleUploadedFile("a.exe", b"MZ")}, follow=True)
    assert "one of these types" in refused.content.decode()
    assert Attachment.objects.count() == 1
    assert browser(roles.AUDITOR).post(where, {}).status_code == 403
    assert "Add a file" not in page(asked.request, roles.AUDITOR)


def test_the_letter_is_changed_while_it_is_a_draft() -> None:
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    act(asked.request, "draft")
    message = Message.objects.get(kind="answer")
    assert "Change the text" in page(asked.request)
    act(asked.request, "edit-answer", message=message.pk, subject="Changed", body=message.body)
    assert Message.objects.get(kind="answer").subject == "Changed"


def test_a_restriction_is_announced_and_lifted() -> None:
    asked = identified(Right.RESTRICTION, well_known())
    carried_out(asked, ground=Ground.DISPUTED)
    answered(asked)
    standing = Restriction.objects.get()
    assert "Tell the person before" in act(asked.request, "lift", restriction=standing.pk)
    act(asked.request, "announce-lifting", restriction=standing.pk, why="The date was right.")
    work()
    assert "The restriction is lifted" in act(asked.request, "lift", restriction=standing.pk)


def test_an_authority_writes_and_is_answered() -> None:
    asked = identified(Right.COMPLAINT, well_known())
    act(asked.request, "authority", authority="Tietosuojavaltuutettu", until="2026-12-24")
    matter = AuthorityMatter.objects.get()
    act(asked.request, "authority-file", matter=matter.pk, direction="in", subject="Dnro", text="Please explain.")
    act(asked.request, "authority-file", matter=matter.pk, direction="out", subject="Re", text="Here it is.")
    assert list(matter.messages.values_list("direction", flat=True)) == ["in", "out"]
    act(asked.request, "authority-closed", matter=matter.pk)
    matter.refresh_from_db()
    assert matter.closed_at is not None


def test_nothing_of_another_case_is_touched() -> None:
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    (task,) = case_of(asked.request).tasks
    from tests.dsar.conftest import entered

    other = entered(Right.ACCESS)
    assert "does not belong to the case" in act(other, "package-again", task=task.pk)
    assert "does not belong to the case" in act(other, "edit-answer", message="x", subject="x", body="y")
