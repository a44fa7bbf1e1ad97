"""`retention verify` finds what still points to an erased person, wherever it is written, and accuses nobody else."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.db.models import Model
from pytest_django import Settings

from config import board, roles
from config.models import Actor, CountedFigure
from consent.models import (
    Breach,
    FormerAddress,
    ImportBatch,
    Objection,
    PolicyNotification,
    QuarantinedRow,
    SuppressionEntry,
    SuppressionRemoval,
)
from contacts.models import Agreement, Contact, MergedRecord, Organisation, Source
from contacts.personal_data import declared_models
from dsar.models import Message, Requester
from retention import residue
from retention.models import ErasureRecord
from tests import staff
from tests.canaries import Canary, fill, plant
from tests.consent.conftest import suppress
from tests.contacts.files import workbook_file
from tests.retention.nights import moment, run_night
from tests.signing_in import rows_about

pytestmark = pytest.mark.django_db

ON = dt.date(2026, 11, 23)
ADDRESS = "zwitscher@example.org"
SECOND_KEY = b"a-second-digest-key-0123456789-abcdefghij"
SPELLINGS = {
    "the address": "{address}",
    "the address in capitals": "{address_in_capitals}",
    "the address in a sentence": "Please ask Zwitscher ({address}), thanks.",
    "the address in a link": "https://example.org/hello?email={address}&utm=1",
    "the address in an encoded link": "https://example.org/?to=zwitscher%40example.org",
    "the address between signs": "„{address}“|*",
    "the id": "{contact.pk}",
    "the id without dashes": "contact_{contact.pk.hex}.csv",
    "the id in a link": "/admin/contacts/contact/{contact.pk}/change/",
    "the reference": "see {contact.reference}.",
    "the reference in small letters": "see {small_reference}",
}
SHORTEST = ("the address", "the id", "the reference")


def erased() -> Contact:
    """Somebody who was erased last night."""
    contact = Contact.objects.create(email=ADDRESS, collected_on=dt.date(2020, 1, 1), in_marketing=True)
    run_night(ON)
    assert ErasureRecord.objects.filter(contact_id=contact.pk).exists()
    assert not Contact.objects.filter(pk=contact.pk).exists()
    return contact


def spelled(pattern: str, contact: Contact) -> str:
    return pattern.format(
        address=ADDRESS, address_in_capitals=ADDRESS.upper(), contact=contact, small_reference=contact.reference.lower()
    )


def places() -> set[str]:
    """Table and column, or file and line, of every trace."""
    return {trace.place.rpartition(" ")[0] or trace.place for trace in residue.scan()}


def verify() -> tuple[int, str]:
    """The exit code of `retention verify` on the morning after, and what it prints."""
    out = io.StringIO()
    with time_machine.travel(moment(ON) + dt.timedelta(hours=3)):
        try:
            call_command("retention", "verify", stdout=out)
        except CommandError as problem:
            return problem.returncode, f"{out.getvalue()}{problem}"
    return 0, out.getvalue()


# Wherever it is written -----------------------------------------------------------------------------------------------


def a_row_in_every_table() -> None:
    """Somebody alive with a row in every table about persons, and a row in all the others."""
    other = Canary("nachtigall", 143, customer_until=None)
    user = staff.account(roles.PRIVACY_OFFICER)
    rows_about(user)
    roles.seed_controller()
    roles.seed_example_subsidiaries()
    board.check(moment(ON), Actor.task())
    CountedFigure.objects.create(name="late", on=ON, value=0, counted_at=moment(ON))
    suppress("somebody@example.org")
    Session.objects.create(session_key="k", session_data="", expire_date=moment(ON))
    FormerAddress.objects.create(digest="d", digest_version=1, reason="purge", erased_on=ON)
    contact = Contact.objects.create(email=other.email, collected_on=ON, in_marketing=True)
    firm = fill(Organisation, other)
    fill(Agreement, other, organisation=firm)
    source, batch = Source.objects.create(code="fair"), ImportBatch.objects.create()
    announced = PolicyNotification.objects.create(version="2019-09")
    breach = Breach.objects.create(title="A list went astray", aware_at=moment(ON))
    given = {"source": source, "batch": batch, "user": user, "notification": announced, "breach": breach}
    plant(other, contact, organisation=firm, **given)
    SuppressionRemoval.objects.create(
        digest="d", digest_version=1, identifier="email", reason="objection", authority=3, since_at=moment(ON),
        removed_at=moment(ON), method="letter",
    )  # fmt: skip
    ours = (apps.get_app_config(name) for name in ("contacts", "consent", "dsar"))
    for model in chain.from_iterable(app.get_models() for app in ours):
        if not (model._meta.proxy or model._base_manager.exists()):
            fill(model, other)


def columns_with_room(text: str) -> list[tuple[type[Model], models.Field[object, object]]]:
    """Every column of every installed table that can hold the text, but for keys and the evidence of erasures itself.

    The key of a merged record is no residue either: the address leads to somebody who is here.
    """
    return [
        (model, one)
        for model in apps.get_models(include_auto_created=True)
        for one in model._meta.local_concrete_fields
        if isinstance(one, models.CharField | models.TextField | models.JSONField)
        and model not in residue.KEEP_IDS
        and (model, one.name) != (MergedRecord, "email_key")
        and not (one.generated or one.primary_key or one.choices)
        and (one.max_length is None or one.max_length >= len(text))
    ]


def write(model: type[Model], one: models.Field[object, object], text: str) -> None:
    """Write the text into that column of one row, past every rule of the program."""
    row = model._base_manager.order_by("pk").first()
    assert row is not None, f"no row in {model._meta.label}"
    value = {"notes": [{"said": text}]} if isinstance(one, models.JSONField) else text
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL obhut.may_change_evidence = 'on'")
    model._base_manager.filter(pk=row.pk).update(**{one.name: value})


def may_name_erased() -> set[type[Model]]:
    """Tables that wait for a decision about, or an answer to, whoever was erased."""
    found = {model for model, data in declared_models() if data.may_name_erased}
    assert {QuarantinedRow, Requester, Message} <= found
    return found


@pytest.mark.parametrize("spelling", SHORTEST)
def test_it_is_found_in_every_column_that_can_hold_it(spelling: str) -> None:
    text = spelled(SPELLINGS[spelling], erased())
    a_row_in_every_table()
    assert places() == set()
    columns = columns_with_room(text)
    for model, one in columns:
        write(model, one, text)
    waiting = may_name_erased() if spelling == "the address" else set()
    assert places() == {f"{model._meta.db_table}.{one.name}" for model, one in columns if model not in waiting}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_it_is_found_however_it_is_written(spelling: str) -> None:
    text = spelled(SPELLINGS[spelling], erased())
    assert places() == set()
    note(text)
    assert places() == {"consent_objection.statement"}


def note(text: str) -> Objection:
    """A note in evidence that outlives persons."""
    return Objection.objects.create(ground="marketing", statement=text, raised_at=moment(ON))


@pytest.mark.parametrize("spelling", SHORTEST)
def test_it_is_found_in_an_upload_with_file_and_line(spelling: str, settings: Settings) -> None:
    text = spelled(SPELLINGS[spelling], erased())
    folder = settings.UPLOAD_DIR / "deeper"
    folder.mkdir(parents=True)
    (folder / "list.csv").write_text(f"email;note\nsomebody@example.org;\n{text};\n", encoding="utf-8")
    assert places() == {"list.csv:3"}


def utf_16(folder: Path, text: str) -> None:
    (folder / "file").write_text(f"email\n{text}\n", encoding="utf-16")


def workbook(folder: Path, text: str) -> None:
    workbook_file(folder, [["email"], [text]], "file")


def windows(folder: Path, text: str) -> None:
    (folder / "file").write_bytes(f"Größe;email\ngroß;{text}\n".encode("cp1252"))


@pytest.mark.parametrize("kind", [utf_16, workbook, windows])
@pytest.mark.parametrize("spelling", SHORTEST)
def test_it_is_found_in_an_upload_of_every_kind_the_airlock_reads(
    kind: Callable[[Path, str], None], spelling: str, settings: Settings
) -> None:
    text = spelled(SPELLINGS[spelling], erased())
    settings.UPLOAD_DIR.mkdir()
    kind(settings.UPLOAD_DIR, text)
    assert places()


def test_it_is_found_by_an_older_key(settings: Settings) -> None:
    erased()
    settings.HMAC_KEYS = {**settings.HMAC_KEYS, 2: SECOND_KEY}
    assert places() == set()
    note(f"From {ADDRESS}")
    assert places() == {"consent_objection.statement"}


def test_every_erased_person_in_one_text_is_named() -> None:
    people = [Contact.objects.create(email=f"bird{n}@example.org", collected_on=dt.date(2020, 1, 1)) for n in range(3)]
    run_night(ON)
    note(f"bird0@example.org and {people[1].pk}, {people[2].reference}")
    assert {trace.reference for trace in residue.scan()} == {person.reference for person in people}


# And nobody else ------------------------------------------------------------------------------------------------------


def test_an_address_nobody_erased_had_is_no_trace() -> None:
    erased()
    for text in ("zwitscher@example.com", "xzwitscher@example.org", "zwitscher.x@example.org", "a@b", "C-ABCDEF", "@"):
        note(text)
    assert places() == set()


@pytest.mark.parametrize("rotated", [False, True])
def test_somebody_lawfully_collected_again_is_no_trace_of_herself(rotated: bool, settings: Settings) -> None:
    erased()
    note(f"From {ADDRESS}")
    assert places() == {"consent_objection.statement"}
    if rotated:
        settings.HMAC_KEYS = {**settings.HMAC_KEYS, 2: SECOND_KEY}
    again = Contact.objects.create(email=ADDRESS, collected_on=ON, in_marketing=True)
    assert places() == set()
    run_night(dt.date(2028, 12, 24))
    assert not Contact.objects.filter(pk=again.pk).exists()
    assert places() == {"consent_objection.statement"}


def test_her_old_id_is_a_trace_even_when_she_came_back() -> None:
    contact = erased()
    Contact.objects.create(email=ADDRESS, collected_on=ON, in_marketing=True)
    note(f"Once {contact.pk}")
    assert places() == {"consent_objection.statement"}


def test_a_row_that_waits_for_a_decision_is_no_trace() -> None:
    erased()
    batch = ImportBatch.objects.create()
    QuarantinedRow.objects.create(batch=batch, line=2, reason="erased", row={"email": ADDRESS})
    assert places() == set()
    ImportBatch.objects.update(sample={"quarantined": [{"reason": ADDRESS}]})
    assert places() == {"consent_importbatch.sample"}


def test_the_evidence_of_the_erasure_itself_is_no_trace() -> None:
    contact = erased()
    record = ErasureRecord.objects.get()
    assert (record.pk, record.reference) == (contact.pk, contact.reference)
    assert SuppressionEntry.objects.count() == 0
    assert FormerAddress.objects.get().digest == record.digest
    assert places() == set()


# The command ----------------------------------------------------------------------------------------------------------


def test_verify_is_quiet_about_a_clean_register() -> None:
    erased()
    assert verify() == (0, "The journal is whole, and nothing points to an erased person.\n")


def test_verify_fails_and_names_the_place_and_the_reference_but_never_the_address(settings: Settings) -> None:
    contact = erased()
    with transaction.atomic():
        row = note(f"From {ADDRESS}, Zwitscher Müller")
    settings.UPLOAD_DIR.mkdir()
    (settings.UPLOAD_DIR / "list").write_text(f"email\n{ADDRESS}\n", encoding="utf-8")
    code, text = verify()
    assert code == 1
    assert text.splitlines() == [
        f"consent_objection.statement {row.pk}: {contact.reference}",
        f"list:2: {contact.reference}",
        "2 places need attention.",
    ]
    assert "zwitscher" not in text.lower()


def test_verify_fails_when_the_journal_does_not_say_what_the_database_says(settings: Settings) -> None:
    erased()
    assert verify()[0] == 0
    (segment,) = settings.JOURNAL_PATH.glob("journal-*.jsonl")
    text = segment.read_text(encoding="ascii")
    segment.write_text(text.replace('"rule":"MKT24"', '"rule":"DSR17"'), encoding="ascii")
    assert text != segment.read_text(encoding="ascii")
    code, printed = verify()
    assert (code, printed.splitlines()[0]) == (1, f"{segment.name}:1: the line was changed")
    segment.unlink()
    assert verify()[0] == 1


def test_verify_first_journals_what_a_crash_left_unjournaled(settings: Settings) -> None:
    from retention.models import RunChunk

    erased()
    (segment,) = settings.JOURNAL_PATH.glob("journal-*.jsonl")
    segment.unlink()
    RunChunk.objects.update(journal_to=None)
    assert verify()[0] == 0
    assert len(list(settings.JOURNAL_PATH.glob("journal-*.jsonl"))) == 1
