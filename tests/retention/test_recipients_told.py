"""Whoever received somebody's data is queued to be told in the transaction that erases the person (E44, Art. 19)."""

from __future__ import annotations

import datetime as dt
from datetime import date
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.models import Actor, AuditEvent
from consent import ledger
from consent.models import Disclosure, DisclosureBatch, RecipientNotice
from consent.models.disclosures import NoticeReason
from retention import expiry
from retention.erasure import erase
from retention.models.evidence import ErasureRule
from retention.residue import scan
from tests.consent.disclosure_cast import given_to, purpose, recipient
from tests.retention.nights import DAY, begin, contact, moment, put, run_night, there, work
from tests.retention.people import Person
from tests.retention.store import Stored

pytestmark = pytest.mark.django_db

ON = date(2026, 11, 23)
LONG_AGO = date(2010, 6, 1)


def crowd(due: int = 2, others: int = 1) -> Stored:
    """Persons of whom `due` are due on ON."""
    silent = [Person(f"silent{number}", LONG_AGO) for number in range(due)]
    return put(*silent, *(Person(f"fresh{number}", ON - DAY) for number in range(others)))


def queued() -> set[tuple[UUID, str, str]]:
    return set(RecipientNotice.objects.values_list("recipient", "reference", "reason"))


def test_each_recipient_of_an_erased_person_waits_to_be_told_once() -> None:
    stored = crowd()
    first, second, fresh = contact(stored, "silent0"), contact(stored, "silent1"), contact(stored, "fresh0")
    partner, local = recipient(), recipient("subsidiary")
    given_to(partner, first, second, fresh, times=3)
    given_to(local, first)
    given_to(recipient("authority"), first, exceptional=True)
    run = run_night(ON)
    assert not there(stored, "silent0") and there(stored, "fresh0")
    assert queued() == {
        (partner.pk, first.reference, "purged"),
        (partner.pk, second.reference, "purged"),
        (local.pk, first.reference, "purged"),
    }
    assert set(RecipientNotice.objects.values_list("batch", "queued_at", "told_at")) == {(run.pk, moment(ON), None)}
    assert run.chunks.get().counts["consent.RecipientNotice"] == 3
    assert set(Disclosure.objects.values_list("contact", flat=True)) == {None, fresh.pk}
    assert Disclosure.objects.filter(contact=None, digest="d" * 64).count() == 8


def test_nobody_is_queued_without_a_disclosure_and_no_statement_asks() -> None:
    crowd()
    with CaptureQueriesContext(connection) as asked:
        run_night(ON)
    assert not RecipientNotice.objects.exists()
    assert [one for one in asked if 'INTO "consent_recipientnotice"' in one["sql"]] == []


def test_a_chunk_takes_one_statement_however_many_people() -> None:
    stored = crowd(due=20)
    partner = recipient()
    given_to(partner, *(contact(stored, f"silent{number}") for number in range(20)))
    with CaptureQueriesContext(connection) as asked:
        run_night(ON)
    assert len([one for one in asked if 'INTO "consent_recipientnotice"' in one["sql"]]) == 1
    assert RecipientNotice.objects.count() == 20


def test_an_erasure_on_request_says_so() -> None:
    stored = crowd()
    one, other = contact(stored, "silent0"), contact(stored, "silent1")
    partner = recipient()
    given_to(partner, one, other)
    chunk = begin(ON).chunks.get()
    with transaction.atomic():
        causes = {one.pk: (ErasureRule.REQUEST, None), other.pk: (ErasureRule.MARKETING, ON)}
        erase(causes, chunk=chunk, at=moment(ON), actor=Actor.task())
    assert queued() == {(partner.pk, one.reference, "erased"), (partner.pk, other.reference, "purged")}


def test_a_failed_chunk_queues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = crowd(due=1)
    given_to(recipient(), contact(stored, "silent0"))
    run = begin(ON)

    def breaks(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(AuditEvent, "record", breaks)
        work(run)
    assert there(stored, "silent0")
    assert not RecipientNotice.objects.exists()
    assert Disclosure.objects.get().contact_id == stored.persons["silent0"]


def test_the_scan_knows_that_the_open_notices_point_on_purpose() -> None:
    stored = crowd(due=1)
    reference = contact(stored, "silent0").reference
    partner = recipient()
    given_to(partner, contact(stored, "silent0"))
    run_night(ON)
    assert RecipientNotice.objects.get().reference == reference
    assert list(scan()) == []
    ledger.told(partner, moment(ON), until=moment(ON), method="letter", actor=Actor.command())
    assert RecipientNotice.objects.get().reference == ""


class TestOwnClock:
    def test_a_row_of_somebody_here_never_expires_and_one_of_somebody_gone_does(self) -> None:
        stored = crowd(due=0, others=1)
        fresh = contact(stored, "fresh0")
        partner = recipient()
        batch = DisclosureBatch.objects.create(
            recipient=partner, purpose=purpose(), title="Orders", country="FI", disclosed_at=moment(LONG_AGO), digest=""
        )
        for person in (fresh, None):
            Disclosure.objects.create(batch=batch, contact=person, ground="contract", disclosed_at=moment(LONG_AGO))
        expiry.expire(moment(ON))
        assert Disclosure.objects.get().contact == fresh

    @pytest.mark.parametrize(("on", "left"), [(date(2026, 11, 23), 1), (date(2026, 11, 24), 0)])
    def test_it_is_kept_through_the_last_day_of_thirty_six_months(self, on: date, left: int) -> None:
        batch = DisclosureBatch.objects.create(
            recipient=recipient(), purpose=purpose(), title="O", country="FI", disclosed_at=moment(ON), digest=""
        )
        Disclosure.objects.create(batch=batch, ground="contract", disclosed_at=moment(date(2023, 11, 23)))
        expiry.expire(moment(on))
        assert Disclosure.objects.count() == left

    def test_a_notice_goes_three_years_after_it_was_given_and_never_before(self) -> None:
        partner = recipient()
        told = moment(date(2023, 11, 22))
        RecipientNotice.objects.create(recipient=partner, reason=NoticeReason.PURGED, queued_at=told, told_at=told)
        RecipientNotice.objects.create(
            recipient=partner, reason=NoticeReason.PURGED, queued_at=told - dt.timedelta(days=900), reference="C-7K3M9Q"
        )
        expiry.expire(moment(ON))
        assert RecipientNotice.objects.get().told_at is None
