"""Merging beside a purge and beside an import, on PostgreSQL: whoever comes second sees what the first has done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import transaction

from config.models import Actor
from consent.intake import batches
from consent.models.airlock import ImportKind
from contacts.merging import Refused, merge
from contacts.models import Contact, Engagement, MergedRecord
from contacts.signals import contacts_merged
from contacts.unmerging import undo
from retention import due, purge
from retention.models import ErasureRecord
from tests.consent.conftest import csv_text, engagement_row, person, received
from tests.retention.nights import begin, moment, work
from tests.retention.test_purge_races import paused_after_judging
from tests.retention.threads import Thread, until_blocked_or_over, wait_for
from tests.retention.traces import orphans

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ON = date(2026, 11, 23)
AT = moment(ON)
ACTOR = Actor.task()


def two(collected_on: date = date(2020, 1, 1)) -> tuple[Contact, Contact]:
    """The same person twice."""
    first, second = (
        Contact.objects.create(email=f"{name}@example.org", collected_on=collected_on, in_marketing=True)
        for name in ("first", "second")
    )
    due.refresh(ON)
    return first, second


@contextmanager
def paused_before_committing(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Stop a merge when all rows have moved and nothing is committed; yields (has moved, may go on)."""
    moved, go_on, real = threading.Event(), threading.Event(), contacts_merged.send

    def send(*args: object, **kwargs: object) -> object:
        answers = real(*args, **kwargs)
        moved.set()
        wait_for(go_on)
        return answers

    monkeypatch.setattr(contacts_merged, "send", send)
    try:
        yield moved, go_on
    finally:
        go_on.set()


def test_a_purge_waits_for_a_merge_and_erases_the_one_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two()
    run = begin(ON)
    with paused_before_committing(monkeypatch) as (moved, go_on):
        merger = Thread(lambda: merge(first.pk, second.pk, actor=ACTOR, at=AT))
        wait_for(moved)
        worker = Thread(lambda: work(run))
        until_blocked_or_over(worker)
        go_on.set()
        assert merger.finish() is None
        assert worker.finish() is None
    assert not Contact.objects.exists()
    assert set(ErasureRecord.objects.values_list("contact_id", flat=True)) == {first.pk, second.pk}
    assert orphans() == {}


def test_a_merge_that_comes_after_the_judgement_is_told_that_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two()
    run = begin(ON)
    with paused_after_judging(monkeypatch) as (judged, go_on):
        worker = Thread(lambda: work(run))
        wait_for(judged)
        merger = Thread(lambda: merge(first.pk, second.pk, actor=ACTOR, at=AT))
        until_blocked_or_over(merger)
        go_on.set()
        assert worker.finish() is None
        assert isinstance(merger.finish(), Refused)
    assert not Contact.objects.exists() and not MergedRecord.objects.exists()
    assert ErasureRecord.objects.count() == 2
    assert orphans() == {}


def test_a_merge_with_somebody_active_saves_both_records_from_the_purge() -> None:
    first, second = two()
    run = begin(ON)
    Engagement.objects.create(contact=second, kind="reply", occurred_at=AT - timedelta(days=3))
    Contact.objects.filter(pk=second.pk).update(last_engaged_on=ON - timedelta(days=3))
    merge(first.pk, second.pk, actor=ACTOR, at=AT)
    assert work(run)
    assert Contact.objects.get().pk == first.pk
    assert not ErasureRecord.objects.exists()


@pytest.mark.parametrize("kind", [ImportKind.ENGAGEMENTS, ImportKind.CONTACTS])
def test_an_import_about_the_merged_address_finds_the_contact(
    kind: ImportKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two(ON)
    rows = [engagement_row("second@example.org")] if kind == ImportKind.ENGAGEMENTS else [person("second@example.org")]
    if kind == ImportKind.CONTACTS:
        rows[0] |= {"first_name": "", "last_name": "", "city": "Oulu"}
    batch = received(csv_text(rows), kind=kind)
    with paused_before_committing(monkeypatch) as (moved, go_on):
        merger = Thread(lambda: merge(first.pk, second.pk, actor=ACTOR, at=AT))
        wait_for(moved)
        importer = Thread(lambda: batches.run(batch, ACTOR, AT))
        until_blocked_or_over(importer)
        go_on.set()
        assert merger.finish() is None
        assert importer.finish() is None
    one = Contact.objects.get()
    assert one.pk == first.pk
    assert one.engagements.count() == 1 if kind == ImportKind.ENGAGEMENTS else one.city == "Oulu"


def test_a_merge_waits_for_a_writer_and_takes_along_what_it_wrote() -> None:
    first, second = two(ON)
    written, commit = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            locked = Contact.objects.select_for_update().get(pk=second.pk)
            Engagement.objects.create(contact=locked, kind="reply", occurred_at=AT)
            Contact.objects.filter(pk=locked.pk).update(last_engaged_on=ON)
            written.set()
            wait_for(commit)

    writer = Thread(write)
    wait_for(written)
    merger = Thread(lambda: merge(first.pk, second.pk, actor=ACTOR, at=AT))
    until_blocked_or_over(merger)
    commit.set()
    assert writer.finish() is None
    assert merger.finish() is None
    assert Contact.objects.get().engagements.count() == 1
    assert Contact.objects.get().last_engaged_on == ON


def test_two_merges_across_each_other_do_not_deadlock() -> None:
    first, second = two(ON)
    both = [
        Thread(lambda: merge(first.pk, second.pk, actor=ACTOR, at=AT)),
        Thread(lambda: merge(second.pk, first.pk, actor=ACTOR, at=AT)),
    ]
    problems = [one.finish() for one in both]
    assert sorted(type(problem).__name__ for problem in problems) == ["NoneType", "Refused"]
    assert Contact.objects.count() == 1


def test_an_undo_and_a_purge_do_not_lose_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two()
    record = merge(first.pk, second.pk, actor=ACTOR, at=AT)
    run = begin(ON)
    with paused_after_judging(monkeypatch) as (judged, go_on):
        worker = Thread(lambda: work(run))
        wait_for(judged)
        undoer = Thread(lambda: undo(record, actor=ACTOR, at=AT))
        until_blocked_or_over(undoer)
        go_on.set()
        assert worker.finish() is None
        assert isinstance(undoer.finish(), Refused)
    assert not Contact.objects.exists()
    assert ErasureRecord.objects.count() == 2
    assert purge.last_completed() is not None
