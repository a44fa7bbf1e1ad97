"""Erasing somebody whose records were merged (E36): every former address, id and reference goes, and is remembered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config import keys
from config.models import Actor, User
from consent.models import FormerAddress, ImportBatch, PolicyNotification
from contacts.identity import email_key
from contacts.merging import merge
from contacts.models import Agreement, Contact, DuplicatePair, MergedRecord, MergeUndo, Organisation, Source
from contacts.unmerging import undo
from retention import expiry, journal, residue
from retention.models import ErasureRecord
from tests.canaries import Canary, plant, seen_in_database
from tests.retention.nights import moment, run_night

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 23)
ACTOR = Actor.task()


def planted(canary: Canary) -> Contact:
    """Somebody who is due, with a row in every table."""
    firm = Organisation.objects.create(name="Firm")
    Agreement.objects.create(
        organisation=firm, party="customer", kind="licence", starts_on=date(2012, 1, 1), ends_on=date(2015, 1, 1)
    )
    PolicyNotification.objects.get_or_create(version="2019-09")
    contact = Contact.objects.create(email=canary.email, collected_on=canary.at.date(), in_marketing=True)
    source, _created = Source.objects.get_or_create(code="fair")
    user, _created = User.objects.get_or_create(username="clerk")
    batch, _created = ImportBatch.objects.get_or_create()
    plant(canary, contact, organisation=firm, source=source, batch=batch, user=user)
    return contact


def test_both_persons_vanish_from_every_table_when_the_one_contact_is_erased() -> None:
    one, other = Canary("zwitscher", 1), Canary("tirilier", 2)
    kept, gone = planted(one), planted(other)
    MergedRecord.objects.all().delete()
    MergeUndo.objects.all().delete()
    DuplicatePair.objects.all().delete()  # each was planted as a duplicate of itself
    record = merge(kept.pk, gone.pk, actor=ACTOR, at=moment(ON) - timedelta(days=3))
    assert seen_in_database(one) and seen_in_database(other)

    run_night(ON)

    assert not Contact.objects.exists()
    left = {place: traces for canary in (one, other) for place, traces in seen_in_database(canary).items()}
    assert left == {}
    assert {str(one.contact_id) for one in ErasureRecord.objects.all()} == {str(kept.pk), str(record.former_id)}
    digests = {keys.digest(email_key(canary.email)) for canary in (one, other)}
    assert set(FormerAddress.objects.values_list("digest", flat=True)) >= digests
    assert list(residue.scan()) == []
    assert len(journal.segments()) == 1
    assert ErasureRecord.objects.count() == 2


def known_twice() -> MergedRecord:
    """One person, merged out of two records."""
    first, second = (
        Contact.objects.create(email=f"{name}@example.org", collected_on=date(2020, 1, 1), in_marketing=True)
        for name in ("first", "second")
    )
    return merge(first.pk, second.pk, actor=ACTOR, at=moment(ON))


def test_the_scan_finds_the_address_the_id_and_the_reference_of_a_merged_record() -> None:
    record = known_twice()
    run_night(ON)
    for text in ("second@example.org", str(record.former_id), record.reference):
        note = Organisation.objects.create(name=f"see {text}")
        Agreement.objects.create(organisation=note, party="customer", kind="licence", starts_on=date(2026, 1, 1))
        assert [trace.reference for trace in residue.scan()], text
        note.agreements.all().delete()
        note.delete()


def test_a_living_contacts_former_address_is_no_residue() -> None:
    Contact.objects.create(email="second@example.org", collected_on=date(2020, 1, 1), in_marketing=True)
    run_night(ON)
    assert ErasureRecord.objects.count() == 1
    first, second = (
        Contact.objects.create(email=f"{name}@example.org", collected_on=ON, in_marketing=True)
        for name in ("first", "second")
    )
    merge(first.pk, second.pk, actor=ACTOR, at=moment(ON))
    assert list(residue.scan()) == []


@pytest.mark.parametrize(("days", "left"), [(30, 1), (31, 0)])
def test_what_undoing_needs_goes_after_thirty_days(days: int, left: int) -> None:
    first, second = (
        Contact.objects.create(email=f"{name}@example.org", collected_on=ON, in_marketing=True) for name in "ab"
    )
    merge(first.pk, second.pk, actor=ACTOR, at=moment(ON))
    expiry.expire(moment(ON + timedelta(days=days)))
    assert MergeUndo.objects.count() == left
    assert MergedRecord.objects.count() == 1, "the address goes on leading to the contact"


def test_leaving_marketing_takes_the_copies_with_it() -> None:
    """They hold marketing data of the merged record, which nobody may bring back."""
    firm = Organisation.objects.create(name="Firm")
    Agreement.objects.create(
        organisation=firm, party="customer", kind="licence", starts_on=date(2020, 1, 1), ends_on=date(2025, 1, 1)
    )
    record = known_twice()
    record.contact.affiliations.create(organisation=firm)
    run_night(ON)
    assert Contact.objects.get().left_marketing_on == ON
    assert not MergeUndo.objects.exists()


def test_a_merge_that_was_taken_back_leaves_nothing_of_it() -> None:
    record = known_twice()
    undo(record, actor=ACTOR, at=moment(ON))
    assert not MergedRecord.objects.exists() and not MergeUndo.objects.exists()
