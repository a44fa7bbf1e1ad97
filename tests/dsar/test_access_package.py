"""The access package (Art. 15): complete by the declarations, true to the stored values, and silent about others."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import ForeignKey
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.functional import Promise

from contacts.models import Contact, Engagement
from contacts.models.engagement import EngagementKind
from contacts.personal_data import declared_models
from dsar import delivery, matching
from dsar.models import AskedRight, Delivery, ExecutionTask, Redaction, RightsRequest
from dsar.models.decisions import DataCategory, RefusalReason
from dsar.models.requests import Right, Status
from dsar.package import formats
from dsar.package.contents import Contents
from dsar.package.places import BY_DIGEST, FIELDS_LEFT_OUT, LEFT_OUT, OF_REQUESTS, THROUGH, TITLES
from dsar.package.tables import columns_of, models_in_package
from dsar.rights import packing, portability
from dsar.rights.access import contents_of
from retention.explain import explain
from retention.models import Hold
from tests.dsar.cases import carried_out, identified, refuse, refuse_activity
from tests.dsar.conftest import HOUR, NOW, TODAY, clerk, confirm, decide_all, entered, move, person, work
from tests.dsar.people import held, restricted, well_known

pytestmark = pytest.mark.django_db


def asked_by(contact: Contact) -> AskedRight:
    request = entered(Right.ACCESS, contact=contact)
    return AskedRight.objects.get(request=request, right=Right.ACCESS)


def gathered(asked: AskedRight) -> Contents:
    contents = contents_of(asked, NOW)
    assert contents is not None
    return contents


# Complete ---------------------------------------------------------------------------------------------------------------


def test_every_declared_table_has_a_place_or_a_reason() -> None:
    inside = {model._meta.label for model in models_in_package()}
    for model, data in declared_models():
        label = model._meta.label
        if data.personal or data.organisational:
            assert (label in inside) != (label in LEFT_OUT), f"{label}: say in places.py where its rows go, or why not"
    known = {model._meta.label for model, _data in declared_models()}
    assert {*THROUGH, *OF_REQUESTS, *BY_DIGEST, *LEFT_OUT} <= known | {"contacts.Contact"}


def test_every_declared_field_has_a_place_or_a_reason() -> None:
    declared = dict(declared_models())
    for model in models_in_package():
        data = declared[model]
        inside = {column.name for column in columns_of(model)}
        key = model._meta.pk.name
        for name in (*data.personal, *data.organisational, *data.technical):
            placed = name in inside or name in FIELDS_LEFT_OUT or name == key
            assert placed, f"{model._meta.label}.{name}"
            if name in FIELDS_LEFT_OUT:
                assert str(FIELDS_LEFT_OUT[name])


def test_every_left_out_field_still_exists() -> None:
    names = {field.name for model, _data in declared_models() for field in model._meta.local_concrete_fields}
    assert set(FIELDS_LEFT_OUT) <= names


def test_the_copy_holds_what_is_stored_value_by_value() -> None:
    contact = well_known()
    held(contact)
    restricted(contact)
    contents = gathered(asked_by(contact))
    found = {table.name for table in contents.tables}
    assert found >= {
        "contacts.contact",
        "contacts.organisation",
        "contacts.agreement",
        "contacts.affiliation",
        "contacts.systemaccount",
        "contacts.engagement",
        "contacts.collection",
        "contacts.source",
        "consent.consent",
        "consent.objection",
        "consent.restriction",
        "consent.notice",
        "consent.interestprofile",
        "consent.suppressionentry",
        "retention.hold",
        "dsar.rightsrequest",
        "dsar.message",
        "dsar.requester",
    }
    data = json.loads(formats.as_json(contents))
    (row,) = data["tables"]["contacts.contact"]
    for name in Contact.personal_data.personal:
        if name in row:
            stored = getattr(contact, name)
            assert row[name] == (stored if isinstance(stored, list | bool | None) else str(stored)), name
    assert row["topics"] == ["VPN", "=SUM(A1)"]
    assert row["phone"] == "+358401234567"
    assert data["tables"]["consent.consent"][0]["occurred_at"] == "2025-03-04T11:30:00+02:00"


def test_two_records_of_one_person_come_in_one_package() -> None:
    anna = well_known()
    other = Contact.objects.create(first_name="Anna", last_name="Virtanen", collected_on=NOW.date())
    asked = asked_by(anna)
    from dsar import matching

    matching.choose(asked.request_id, other, NOW, actor=clerk())
    contents = gathered(asked)
    assert set(contents.references) == {anna.reference, other.reference}


def test_the_number_of_queries_does_not_depend_on_the_rows() -> None:
    contact = well_known()
    asked = asked_by(contact)
    gathered(asked)
    with CaptureQueriesContext(connection) as few:
        gathered(asked)
    Engagement.objects.bulk_create(
        Engagement(contact=contact, kind=EngagementKind.CLICK, occurred_at=NOW - HOUR * number) for number in range(300)
    )
    with CaptureQueriesContext(connection) as many:
        assert gathered(asked).entries > 300
    assert len(many) == len(few)


# The list of Art. 15(1) -------------------------------------------------------------------------------------------------


def test_the_list_of_the_article_is_answered_point_by_point() -> None:
    contact = well_known()
    held(contact)
    sections = {one.code: one for one in gathered(asked_by(contact)).sections}
    assert list(sections) == [
        "purposes", "categories", "recipients", "safeguards", "retention", "rights", "complaint", "sources",
        "profiling", "look_ups", "stops", "requests", "withheld",
    ]  # fmt: skip
    assert ("Interest profile from activity on our websites", "consent of the person") in {
        row[:2] for row in sections["purposes"].rows
    }
    ((_record, until, rule),) = sections["retention"].rows
    assert until == "1 Jan 2032" and "Customer register" in rule
    assert "Tietosuojavaltuutettu (https://tietosuoja.fi)" in sections["complaint"].sentences[0]
    assert ("List", "Lists Ltd", "2 Jun 2024", "others", "job title") in sections["sources"].rows
    assert any("yours is 2" in one for one in sections["profiling"].sentences)
    assert {row[0] for row in sections["stops"].rows} >= {"on the suppression list", "held, not deleted"}


def test_a_secret_hold_is_in_no_file() -> None:
    contact = well_known()
    held(contact, is_secret=True)
    assert Hold.objects.filter(is_secret=True).exists()
    contents = gathered(asked_by(contact))
    assert "Case 7" not in formats.as_json(contents).decode()
    assert "legal hold" not in formats.as_html(contents).decode()


@pytest.mark.parametrize("also_open", [False, True], ids=["alone", "beside-an-open-one"])
@pytest.mark.parametrize("on_request", [Right.ACCESS, Right.PORTABILITY])
def test_with_a_secret_hold_every_file_is_the_one_without_it(on_request: Right, *, also_open: bool) -> None:
    contact, again = well_known(), person("anna@home.example")
    request = entered(on_request, contact=contact)
    matching.choose(request.pk, again, NOW, actor=clerk())
    asked = AskedRight.objects.get(request=request)
    if also_open:
        held(again)
    before = files_of(asked)
    held(contact, is_secret=True)
    assert Hold.objects.filter(is_secret=True, contact=contact).exists()
    assert files_of(asked) == before
    assert not any("secret" in text for text in before.values())


def test_nobody_learns_of_a_secret_hold_from_being_kept_past_their_time() -> None:
    late = person(collected_on=date(2020, 1, 2), in_marketing=False, marketing_frozen=True)  # as a run leaves it
    asked = asked_by(late)
    before = files_of(asked)
    held(late, is_secret=True)
    assert files_of(asked) == before
    assert "legal hold" in " ".join(line.text for line in explain(late, TODAY).lines)  # which staff read all the same


def files_of(asked: AskedRight) -> dict[str, str]:
    """Every file that the person reads as text, and the page that staff read to them on the phone."""
    procedure = packing(asked)
    assert procedure is not None
    found = {"page": repr(procedure.holding(asked, NOW))}
    if asked.right == Right.PORTABILITY:
        content = portability.as_zip(asked, portability.portable(asked, NOW), NOW)
    else:
        content = formats.as_zip(gathered(asked))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        texts = {name: package.read(name) for name in package.namelist() if not name.endswith(".pdf")}
    return found | {name: content.decode() for name, content in texts.items()}


def test_somebody_no_register_has_a_reason_to_keep_reads_that_and_no_day() -> None:
    sections = {one.code: one for one in gathered(asked_by(person(in_marketing=False))).sections}
    ((_record, until, _rule),) = sections["retention"].rows
    assert until == "no register has a reason any more"


def test_every_column_has_a_name_in_the_language_of_the_person() -> None:
    columns = [(model, one) for model in models_in_package() for one in columns_of(model)]
    assert len(columns) > 200
    nameless = {
        f"{model._meta.label}.{one.name}"
        for model, one in columns
        if one.name not in TITLES
        and not isinstance(one.field, ForeignKey)
        and not isinstance(one.field.verbose_name, Promise)
    }
    assert nameless == set()
    with translation.override("de"):
        titles = {one.title for _model, one in columns}
    assert titles >= {"Kontakt", "Organisation", "Runde des Vorgangs"}
    assert titles & {"Contact", "Request", "Asked", "Round"} == set()


# Withheld ---------------------------------------------------------------------------------------------------------------


def test_others_are_blacked_out_and_counted() -> None:
    contents = gathered(asked_by(well_known()))
    text = formats.as_json(contents).decode()
    assert "My colleague █████ told you, write to █████." in text
    assert "from=█████" not in text and "boss@" not in text and "bo@kauppa" not in text
    assert "anna@example.org" in text
    (line,) = contents.withheld
    assert (line.count, line.why) == (3, "rights of others, Art. 15(4)")


def test_words_that_staff_name_are_blacked_out_with_their_reason() -> None:
    asked = asked_by(well_known())
    Redaction.objects.create(asked=asked, words="My colleague", why="names a witness", added_at=NOW)
    contents = gathered(asked)
    assert "█████ █████ told you" in formats.as_json(contents).decode()
    assert ("names a witness", 1) in {(one.why, one.count) for one in contents.withheld}


def test_a_refused_category_is_withheld_and_listed() -> None:
    asked = identified(Right.ACCESS, well_known())
    decide_all(asked.request)
    refuse_activity(asked, RefusalReason.CONFIDENTIALITY, "Shows how we detect attacks.")
    contents = gathered(asked)
    assert "contacts.engagement" not in {table.name for table in contents.tables}
    (row,) = next(table for table in contents.tables if table.name == "contacts.contact").rows
    assert len(row) == len(columns_of(Contact)) - 1
    withheld = {one.what: one for one in contents.withheld}
    assert "Shows how we detect attacks." in withheld["activity on our websites"].why
    assert withheld["activity on our websites"].count > 5


@pytest.mark.django_db(transaction=True)
def test_what_people_read_is_in_their_language_and_what_programs_read_is_as_stored() -> None:
    anna = well_known()
    asked = identified(Right.ACCESS, anna, language="de")
    carried_out(asked)
    with zipfile.ZipFile(io.BytesIO(delivery.look(Delivery.objects.get(), NOW, clerk()))) as files:
        read = {name: files.read(name).decode() for name in ("README.txt", "answer.html", "data.json")}
    assert read["README.txt"].startswith("Die Daten, die wir über Sie gespeichert haben")
    said = read["answer.html"]
    for words in ("Stand 23. November 2026", "Vorname", "Auskunft, Art. 15", "04.03.2025", "Berufsbezeichnung"):
        assert words in said
    for code in ("The data we hold", "2025-03-04T11:30", "first_name", "website_activity"):
        assert code not in said
    assert "2025-03-04T11:30:00+02:00" in read["data.json"] and "first_name" in read["data.json"]


def test_no_section_tells_what_was_refused() -> None:
    """Section 6: the inputs of the profile, and our dealings with the person, are not told of beside the copy either."""
    asked = identified(Right.ACCESS, well_known())
    decide_all(asked.request)
    told = {one.code: one for one in gathered(asked).sections}
    emptied = {"profiling", "sources", "stops", "requests"}
    assert all(told[code].rows for code in emptied)
    assert "f-secure.example" in str(told["profiling"])

    withheld = [DataCategory.INTERESTS, DataCategory.CHOICES]
    refuse(asked, withheld, RefusalReason.CONFIDENTIALITY, "It shows our defences.")
    contents = gathered(asked)
    told = {one.code: one for one in contents.sections}
    assert not any(told[code].rows for code in emptied)
    assert told["profiling"].sentences == ("We make no decision about you by automated means alone (Art. 22).",)
    assert told["stops"].sentences == told["safeguards"].sentences == (), "that there is nothing would be a lie"
    assert "recorded" not in str(told["recipients"])
    assert {str(one.label) for one in withheld} < {one.what for one in contents.withheld}


# Files ------------------------------------------------------------------------------------------------------------------


def test_a_package_has_every_format_and_a_spreadsheet_runs_nothing() -> None:
    contents = gathered(asked_by(well_known()))
    with zipfile.ZipFile(io.BytesIO(formats.as_zip(contents))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) >= {"answer.pdf", "answer.html", "data.json", "README.txt", "tables/contacts-contact.csv"}
    pdf = files["answer.pdf"]
    assert pdf.startswith(b"%PDF-") and b"StructTreeRoot" in pdf and b"pdfuaid" in pdf
    page = files["answer.html"].decode()
    assert "=SUM(A1)" in page and "<script" not in page and "src=" not in page
    head, row = csv.reader(io.StringIO(files["tables/contacts-contact.csv"].decode("utf-8-sig")))
    assert dict(zip(head, row, strict=True))["phone"] == "'+358401234567"
    for name, content in files.items():
        if name.endswith(".csv"):
            for cells in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
                assert not any(cell[:1] in tuple("=+-@\t\r\0＝＋－＠") and cell for cell in cells), name


def test_a_character_without_a_glyph_still_makes_a_tagged_pdf() -> None:
    contact = well_known()
    Contact.objects.filter(pk=contact.pk).update(city="東京")
    pdf = formats.as_pdf(gathered(asked_by(contact)))
    assert b"StructTreeRoot" in pdf


@pytest.mark.parametrize(("language", "title"), [("de", 'lang="de"'), ("fi", 'lang="fi"')])
def test_the_answer_is_in_the_language_of_the_case(language: str, title: str) -> None:
    asked = asked_by(well_known())
    RightsRequest.objects.filter(pk=asked.request_id).update(language=language)
    page = formats.as_html(gathered(AskedRight.objects.get(pk=asked.pk))).decode()
    assert title in page


# Carried out ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_carrying_out_builds_one_encrypted_package(settings: Any) -> None:
    asked = identified(Right.ACCESS, well_known())
    decide_all(asked.request)
    move(asked.request, Status.IN_PROGRESS)
    work()
    task = ExecutionTask.objects.get()
    assert (task.kind, task.state) == ("package", "done")
    built = Delivery.objects.get()
    stored = (settings.UPLOAD_DIR / built.attachment.path).read_bytes()
    assert b"Virtanen" not in stored and not stored.startswith(b"PK")
    assert zipfile.is_zipfile(io.BytesIO(delivery.look(built, NOW, clerk())))
    assert task.result["rows"] == built.entries > 10


@pytest.mark.django_db(transaction=True)
def test_the_package_step_fails_alone_when_nobody_is_left() -> None:
    asked = identified(Right.ACCESS, well_known())
    decide_all(asked.request)
    move(asked.request, Status.IN_PROGRESS)
    asked.request.matches.update(contact=None)
    work()
    assert ExecutionTask.objects.get().error == "LookupError"


def test_confirming_is_needed_for_anything_to_be_told() -> None:
    person = well_known()
    request = entered(Right.ACCESS)
    asked = AskedRight.objects.get(request=request)
    assert contents_of(asked, NOW) is None
    confirm(request)
    assert gathered(asked).references == (person.reference,)
