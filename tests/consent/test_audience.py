"""An audience is whom nothing bars, taken once, with proof of who was left out and why."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import string
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.models import Actor, AuditEvent
from config.sql import may_change_evidence
from consent import audience
from consent.audience import Selection
from consent.models import AudienceExport, Notice, PolicyVersion, Purpose
from consent.models.consents import Channel
from consent.permission import Bar, may_use
from contacts.models import Affiliation, Contact
from tests.consent.conftest import DAY, NOW, bring, the
from tests.consent.permission_cast import ask, consents, listed, objects, prospect, restricts, works_for

pytestmark = pytest.mark.django_db
ACTOR = Actor.command()


def of(purpose: str = "marketing", channel: str = "email", **limits: Any) -> Selection:
    """An audience for adverts by e-mail, unless it says otherwise."""
    return Selection(Purpose.objects.get(code=purpose), Channel(channel), title="Autumn letter", **limits)


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def taken(selection: Selection) -> tuple[AudienceExport, list[dict[str, str]]]:
    """Export, and read the file."""
    record, file = audience.export(selection, NOW, actor=ACTOR)
    with file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == record.digest
    return record, rows_of(content.decode())


def reader(email: str, **fields: Any) -> Contact:
    """Somebody who consented."""
    person = prospect(email, **fields)
    consents(person)
    return person


@pytest.fixture
def people() -> list[Contact]:
    """Two who may be written to, and three who may not, each for another reason."""
    anna, bob = reader("anna@example.org", language="fi"), reader("bob@example.org")
    prospect("carl@example.org")
    objects(reader("dora@example.org"))
    listed("emil@example.org")
    restricts(reader("emil@example.org"))
    return [anna, bob]


def test_only_whom_nothing_bars_is_in_the_file_and_the_record_says_why_the_others_are_not(
    people: list[Contact],
) -> None:
    record, rows = taken(of())
    assert {row["email"] for row in rows} == {"anna@example.org", "bob@example.org"}
    assert (record.included, record.excluded) == (2, 3)
    assert record.grounds == {"consent": 2}
    assert record.bars == {"no_ground": 1, "objected": 1, "suppressed": 1, "restricted": 1}
    assert (record.title, record.channel, record.decided_at) == ("Autumn letter", "email", NOW)
    event = AuditEvent.objects.get(batch=record.pk)
    assert (event.action, event.counts) == ("exported audience", {"included": 2, "excluded": 3})


def test_the_preview_and_the_list_of_who_is_left_out_agree_with_the_export(people: list[Contact]) -> None:
    counts = audience.preview(of(), NOW)
    out = rows_of("".join(audience.left_out(of(), NOW)))
    record, rows = taken(of())
    assert (counts.included, counts.excluded) == (record.included, record.excluded) == (len(rows), len(out))
    assert (dict(counts.grounds), dict(counts.bars)) == (record.grounds, record.bars)
    by_reference = {row["reference"]: row["bars"].split() for row in out}
    emil = the("emil@example.org")
    assert by_reference[emil.reference] == ["restricted", "suppressed"]
    assert set(out[0]) == {"reference", "bars"}


def test_the_audience_is_one_statement(people: list[Contact]) -> None:
    with CaptureQueriesContext(connection) as queries:
        audience.export(of(), NOW, actor=ACTOR)[1].close()
    asked = [one["sql"] for one in queries if "contacts_contact" in one["sql"] and "bar_" in one["sql"]]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("channel", "addresses", "absent"),
    [
        ("email", {"email"}, {"phone", "street"}),
        ("phone", {"phone"}, {"email", "street", "preferences"}),
        ("post", {"street", "postcode", "city", "state"}, {"email", "phone", "preferences"}),
    ],
)
def test_the_file_has_what_its_channel_needs_and_no_more(channel: str, addresses: set[str], absent: set[str]) -> None:
    person = prospect(topics=["Firewalls"], job_title="Chief", linkedin_url="https://example.org/in/anna")
    works_for(person)
    consents(person, channel=channel)
    _record, [row] = taken(of(channel=channel))
    assert addresses <= row.keys() and not absent & row.keys()
    assert row["organisation"].startswith("Firm of") and row["ground"] == "consent"
    profile = {"topics", "job_title", "job_function", "linkedin_url", "score", "last_engaged_on", "revenue"}
    assert not profile & row.keys()
    assert not {"Firewalls", "Chief"} & set(row.values())


def test_every_line_of_an_e_mail_audience_opens_the_persons_preferences_and_opts_out_in_one_click(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "static").mkdir()
    settings.STATIC_ROOT = tmp_path / "static"
    person = reader("anna@example.org")
    _record, [row] = taken(of())
    assert Client().get(urlsplit(row["preferences"]).path).status_code == 200
    assert may_use(person.pk, "marketing", "email", NOW).allowed
    assert Client().post(urlsplit(row["unsubscribe"]).path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not may_use(person.pk, "marketing", "email", NOW + DAY).allowed


def test_an_audience_may_be_limited_and_the_others_are_not_counted() -> None:
    anna = reader("anna@example.org", country="FI", topics=["Haittaohjelmat ja äly"])
    bob = reader("bob@example.org", country="DE", topics=["Haittaohjelmat"])
    firm = works_for(bob).organisation
    for limits, expected in (
        ({"country": "FI"}, anna),
        ({"topic": "Haittaohjelmat ja äly"}, anna),
        ({"topic": "Haittaohjelmat"}, bob),
        ({"organisation": firm.pk}, bob),
    ):
        record, [row] = taken(of(**limits))
        assert row["reference"] == expected.reference
        assert (record.included, record.excluded) == (1, 0)
    assert len(taken(of())[1]) == 2
    Affiliation.objects.filter(contact=bob).update(ended_on=NOW.date())
    assert taken(of(organisation=firm.pk))[0].included == 1, "the last day counts"
    Affiliation.objects.filter(contact=bob).update(ended_on=NOW.date() - DAY)
    assert taken(of(organisation=firm.pk))[0].included == 0, "whoever has left is not meant"


def test_the_present_employer_is_named_and_not_the_former_one() -> None:
    anna = reader("anna@example.org")
    former, present = works_for(anna), works_for(anna)
    Affiliation.objects.filter(organisation=former.organisation).update(ended_on=NOW.date() - DAY)
    present.organisation.name = "Present Oy"
    present.organisation.save()
    assert taken(of())[1][0]["organisation"] == "Present Oy"


# The notice -----------------------------------------------------------------------------------------------------------


def test_a_message_that_carries_the_notice_informs_whoever_was_owed_one_and_nobody_else() -> None:
    told, untold = reader("anna@example.org"), reader("bob@example.org", told=False)
    barred = prospect("carl@example.org", told=False)
    assert [row["email"] for row in taken(of())[1]] == ["anna@example.org"]
    assert Notice.objects.count() == 1
    record, rows = taken(of(carries_notice=True))
    assert {row["email"] for row in rows} == {"anna@example.org", "bob@example.org"}
    fresh = Notice.objects.get(batch=record.pk)
    assert (fresh.contact, fresh.given_at, fresh.policy) == (untold, NOW, record.policy)
    assert Notice.objects.filter(contact=told).count() == 1 and not Notice.objects.filter(contact=barred).exists()
    assert ask(untold).allowed


def test_without_a_published_policy_no_message_can_carry_it() -> None:
    reader("anna@example.org", told=False)
    may_change_evidence()
    PolicyVersion.objects.all().delete()
    with pytest.raises(ValueError, match="no published policy"):
        audience.export(of(carries_notice=True), NOW, actor=ACTOR)
    assert not AudienceExport.objects.exists()


# Whole or not at all ----------------------------------------------------------------------------------------------------


def files() -> list[Path]:
    """What lies in the folder of uploads."""
    return [one for one in Path(settings.UPLOAD_DIR).rglob("*") if one.is_file()]


def test_the_file_has_no_name_and_is_gone_when_it_is_closed(people: list[Contact]) -> None:
    _record, file = audience.export(of(), NOW, actor=ACTOR)
    assert b"anna@example.org" in file.read() and files() == []
    file.close()
    assert files() == []


def test_an_export_that_fails_leaves_neither_record_nor_notice_nor_event(
    people: list[Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_change_evidence()
    Notice.objects.all().delete()

    def fails(*_args: Any, **_kwargs: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(AuditEvent, "record", fails)
    with pytest.raises(IntegrityError):
        audience.export(of(carries_notice=True), NOW, actor=ACTOR)
    assert not AudienceExport.objects.exists() and not Notice.objects.exists() and files() == []


# Cells ----------------------------------------------------------------------------------------------------------------

DANGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "'=", "''@")


def hostile(seed: int) -> Iterator[str]:
    """Cells that a spreadsheet would run, or that an escaper could garble."""
    chance = random.Random(seed)
    letters = string.ascii_letters + "äöü'\"=+-@;, \t|%"
    for _one in range(10_000):
        yield chance.choice([*DANGERS, "", "'"]) + "".join(chance.choices(letters, k=chance.randint(0, 8)))


def test_no_cell_of_ten_thousand_begins_like_a_formula_and_each_is_read_back_as_it_was() -> None:
    from contacts.formats.cells import escaped

    for cell in hostile(1):
        written = escaped(cell)
        assert not written.startswith(DANGERS[:-2])
        assert written in (cell, f"'{cell}")
        assert (written != cell) is bool(cell.lstrip("'").startswith(DANGERS[:12]))


NASTY = {
    "first_name": "=HYPERLINK(1)",
    "last_name": "'@SUM(1)",
    "phone": "+358401234567",
    "job_title": "－2",
}


def test_an_export_of_hostile_names_can_be_imported_as_it_is() -> None:
    person = reader("anna@example.org", **NASTY)
    consents(person, channel="phone")
    _record, file = audience.export(of(channel="phone"), NOW, actor=ACTOR)
    with file:
        content = file.read()
    [row] = rows_of(content.decode())
    assert (row["first_name"], row["phone"]) == ("'=HYPERLINK(1)", "'+358401234567")
    Contact.objects.filter(pk=person.pk).update(email="", email_key=None)
    text = content.decode().replace("reference,", "external_id,", 1)
    assert bring(text).decisions == ["created"]
    again = Contact.objects.exclude(pk=person.pk).get()
    assert (again.first_name, again.last_name, again.phone) == tuple(
        NASTY[name] for name in ("first_name", "last_name", "phone")
    )


def test_the_file_is_utf_8_with_a_mark_and_begins_a_line_for_each_person(people: list[Contact]) -> None:
    _record, file = audience.export(of(), NOW, actor=ACTOR)
    with file:
        content = file.read()
    assert content.startswith(b"\xef\xbb\xbfreference,") and content.count(b"\r\n") == 3


def test_a_moment_in_the_past_is_judged_as_it_was(people: list[Contact]) -> None:
    assert audience.preview(of(), NOW).included == 2
    assert audience.preview(of(), NOW - 11 * DAY).bars[Bar.NO_GROUND] == 5
    assert audience.preview(of(), NOW - 10 * DAY - timedelta(seconds=1)).included == 0
