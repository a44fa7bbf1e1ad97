"""Passing on: the file, the ledger and the record are one act, and the ledger says what the file said."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from config.models import Actor, AuditEvent
from config.sql import execute, table
from consent import ledger, sharing
from consent.disclosure import Bar, Proposal
from consent.models import Disclosure, DisclosureBatch, Recipient, RecipientNotice
from consent.models.disclosures import NoticeReason
from consent.sharing import Format
from contacts.models import Contact
from tests.consent.disclosure_cast import (
    NAMES,
    REQUESTED,
    buyer,
    by_exception,
    exception,
    negotiates,
    proposal,
    recipient,
    safeguard,
)
from tests.consent.permission_cast import restricts
from tests.staff import DAY, NOW

pytestmark = pytest.mark.django_db

HAND = Actor.command()


def shared(plan: Proposal, at: datetime = NOW, **options: Any) -> tuple[DisclosureBatch, bytes]:
    """Pass on everybody who may go, and read the file."""
    batch, file = sharing.share(plan, Contact.objects.all(), at, title="Orders of May", actor=HAND, **options)
    with file:
        return batch, file.read()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_file_the_ledger_and_the_record_agree() -> None:
    one, other, barred = buyer(), buyer(), buyer()
    restricts(barred)
    plan = proposal(recipient())
    counts = sharing.preview(plan, Contact.objects.all(), NOW)
    batch, content = shared(plan)
    found = rows(content)
    assert {row["reference"] for row in found} == {one.reference, other.reference}
    assert set(found[0]) == {"reference", *NAMES}
    assert (batch.included, batch.excluded, batch.bars) == (2, 1, {"restricted": 1})
    assert (counts.included, counts.excluded, dict(counts.bars)) == (2, 1, {Bar.RESTRICTED: 1})
    assert batch.digest == hashlib.sha256(content).hexdigest()
    assert batch.fields == ["first_name", "last_name", "email"]
    ledgered = set(Disclosure.objects.values_list("contact__reference", "digest", "ground"))
    assert ledgered == {(row.reference, row.email_digest, "legitimate_interest") for row in (one, other)}
    event = AuditEvent.objects.get(action="passed on")
    assert (event.batch, event.counts) == (batch.pk, {"included": 2, "excluded": 1})


def test_formulas_are_text_in_the_csv_and_exact_in_the_json() -> None:
    one = buyer(job_title='=HYPERLINK("http://x")', phone="+358401234567")
    plan = proposal(recipient(), ("job_title", "phone"))
    assert rows(shared(plan)[1])[0]["job_title"] == '\'=HYPERLINK("http://x")'
    exact = json.loads(shared(plan, form=Format.JSON)[1])
    assert exact == [{"reference": one.reference, "job_title": one.job_title, "phone": "+358401234567"}]


def test_topics_organisation_and_country_are_written_as_our_import_reads_them() -> None:
    one = buyer(topics=["Training", "Cloud security"])
    negotiates(one)
    plan = proposal(recipient("channel_partner", REQUESTED), ("country", "organisation", "topics"), REQUESTED)
    (row,) = rows(shared(plan)[1])
    assert row["country"] == "FI"
    assert row["topics"] == "Training;Cloud security"
    assert row["organisation"].startswith("Firm")
    (exact,) = json.loads(shared(plan, form=Format.JSON)[1])
    assert exact["topics"] == ["Training", "Cloud security"]
    assert exact["country"] == "FI"


def test_nobody_to_pass_on_leaves_nothing_behind() -> None:
    restricts(buyer())
    with pytest.raises(ValueError, match="Nobody's data"):
        shared(proposal(recipient()))
    assert not DisclosureBatch.objects.exists()
    assert not Disclosure.objects.exists()
    assert not AuditEvent.objects.filter(action="passed on").exists()


def test_who_stays_is_listed_with_the_reasons() -> None:
    one = buyer()
    restricts(one)
    lines = "".join(sharing.left_out(proposal(recipient(serves=["DE"])), Contact.objects.all(), NOW))
    assert rows(lines.encode())[0] == {"reference": one.reference, "bars": "restricted wrong_region"}


def test_many_people_are_judged_in_one_statement() -> None:
    plan = proposal(recipient())
    buyer()
    with CaptureQueriesContext(connection) as few:
        shared(plan)
    for _number in range(30):
        buyer()
    with CaptureQueriesContext(connection) as many:
        batch, _content = shared(plan)
    assert batch.included == 31
    assert len([one for one in many if "stop_restricted" in one["sql"]]) == 1
    insertions = 30 if connection.vendor == "sqlite" else 0  # SQLite writes the rows one by one in one go
    assert len(many) <= len(few) + insertions


@pytest.mark.postgres
@pytest.mark.parametrize("model", [Disclosure, DisclosureBatch])
def test_the_ledger_refuses_changes(model: type[Any]) -> None:
    buyer()
    shared(proposal(recipient()))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(disclosed_at=NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute(f"DELETE FROM {table(model)}")


# Who has it ---------------------------------------------------------------------------------------------------------


class TestWhoHasIt:
    def test_the_answer_names_every_recipient_of_the_ledger(self) -> None:
        one = buyer()
        partner, local = recipient(), recipient("subsidiary")
        abroad = recipient("processor", country="IN")
        safeguard(abroad)
        for number, target in enumerate((partner, local, abroad)):
            shared(proposal(target), NOW + number * DAY)
        found = ledger.given(one.pk)
        assert [given.recipient for given in found] == [abroad, local, partner]
        assert [given.third_country for given in found] == ["IN", "", ""]
        assert "SCC-7" in found[0].safeguard
        assert found[1].safeguard == ""
        assert found[0].fields == ("first_name", "last_name", "email")
        assert {row.batch.recipient_id for row in Disclosure.objects.filter(contact=one)} == {
            given.recipient.pk for given in found
        }
        assert len(ledger.given(one.pk, 2)) == 2

    def test_an_adequacy_decision_is_named_as_what_protects_the_data(self) -> None:
        one = buyer()
        shared(proposal(recipient(country="GB")))
        (given,) = ledger.given(one.pk)
        assert given.third_country == "GB"
        assert "renewing 2021/1772" in given.safeguard

    def test_what_a_court_forbids_to_say_is_marked(self) -> None:
        one = buyer()
        case = exception(recipient("authority"), one, may_tell=False, untold_because="The order forbids it.")
        shared(by_exception(case))
        (given,) = ledger.given(one.pk)
        assert (given.may_tell, given.untold_because) == (False, "The order forbids it.")
        assert given.purpose == "order of a court"

    def test_somebody_elses_recipients_are_not_mine(self) -> None:
        one = buyer()
        shared(proposal(recipient()))
        assert ledger.given(buyer().pk) == []
        assert len(ledger.given(one.pk)) == 1

    def test_each_recipient_is_told_once_and_courts_never(self) -> None:
        one = buyer()
        partner, local = recipient(), recipient("subsidiary")
        for target in (partner, partner, local):
            shared(proposal(target))
        shared(by_exception(exception(recipient("authority"), one)))
        assert set(ledger.recipients(one.pk)) == {partner, local}
        assert ledger.queue([one.pk], NoticeReason.RECTIFIED, NOW) == 2
        assert set(RecipientNotice.objects.values_list("recipient", "reference", "reason")) == {
            (partner.pk, one.reference, "rectified"),
            (local.pk, one.reference, "rectified"),
        }


class TestTelling:
    def test_the_letter_has_what_told_then_empties(self) -> None:
        one, other = buyer(), buyer()
        partner = recipient()
        shared(proposal(partner))
        ledger.queue([one.pk, other.pk], NoticeReason.ERASED, NOW)
        assert [found.owed for found in ledger.waiting_by_recipient()] == [2]
        letter = rows("".join(ledger.letter(partner, NOW)).encode())
        assert {row["reference"] for row in letter} == {one.reference, other.reference}
        ledger.queue([one.pk], NoticeReason.RESTRICTED, NOW + DAY)
        assert ledger.told(partner, NOW + 2 * DAY, until=NOW, method="letter", actor=HAND) == 2
        done = RecipientNotice.objects.filter(told_at__isnull=False)
        assert set(done.values_list("reference", "method", "told_at")) == {("", "letter", NOW + 2 * DAY)}
        assert ledger.waiting(partner).get().reason == NoticeReason.RESTRICTED
        assert AuditEvent.objects.get(action="told recipient").counts == {"notices": 2}

    def test_nothing_owed_is_nothing_to_record(self) -> None:
        partner = recipient()
        with pytest.raises(ValueError, match="no notice"):
            ledger.told(partner, NOW, until=NOW, method="letter", actor=HAND)
        assert not AuditEvent.objects.filter(action="told recipient").exists()

    def test_the_database_keeps_no_reference_of_a_told_notice(self) -> None:
        partner = recipient()
        with pytest.raises(IntegrityError), transaction.atomic():
            RecipientNotice.objects.create(recipient=partner, reason="erased", reference="C-7K3M9Q", told_at=NOW)

    def test_a_recipient_is_never_deleted_while_the_ledger_names_it(self) -> None:
        buyer()
        partner = recipient()
        shared(proposal(partner))
        with pytest.raises(IntegrityError), transaction.atomic():
            Recipient.objects.filter(pk=partner.pk).delete()
