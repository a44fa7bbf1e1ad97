"""Two contacts who are one person (S41, S42, E36): nothing that protects the person is lost, and it can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from config.dates import local_date, now
from config.models import Actor
from contacts.checks import check_model
from contacts.merging import Refused, merge
from contacts.models import Affiliation, Collection, Contact, MergedRecord, MergeUndo, Source
from contacts.personal_data import linked_models
from contacts.unmerging import undo
from retention import due
from retention.models import DueDate
from tests.contacts.merging_cast import AT, Cast, difference, everything

pytestmark = pytest.mark.django_db
ACTOR = Actor.task()
PAIRS = 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_thousand_merges_taken_back_leave_every_table_as_it_was(seed: int) -> None:
    """Five registers of 200 pairs each."""
    cast = Cast(seed)
    pairs = [cast.pair() for _pair in range(PAIRS)]
    cast.store()
    due.refresh(local_date(now()))
    unfilled = {model._meta.label for model, _data in linked_models() if not model._base_manager.exists()}
    assert not unfilled, "every table about a person has rows"
    before = everything()

    records = [merge(mine.pk, theirs.pk, actor=ACTOR, at=AT) for mine, theirs in pairs]
    assert Contact.objects.count() == DueDate.objects.count() == PAIRS + len(cast.bystanders)
    between = everything()
    dropped = {step["model"] for one in MergeUndo.objects.all() for step in one.steps if step["step"] == "drop"}
    assert dropped >= {model._meta.label for model, data in linked_models() if data.on_clash}, "every clash was met"
    cast.random.shuffle(records)
    for record in records:
        undo(record, actor=ACTOR, at=AT)

    assert between != before
    assert difference(before, everything()) == {}


def test_three_records_of_one_person_come_apart_again_in_reverse() -> None:
    cast = Cast(seed=9)
    first, second, third = cast.contact(), cast.contact(), cast.contact()
    cast.store()
    due.refresh(local_date(now()))
    before = everything()
    inner = merge(second.pk, third.pk, actor=ACTOR, at=AT)
    outer = merge(first.pk, second.pk, actor=ACTOR, at=AT)
    for former in (second.pk, third.pk):
        assert MergedRecord.objects.get(former_id=former).contact == first
    with pytest.raises(Refused, match="later"):
        undo(MergedRecord.objects.get(pk=inner.pk), actor=ACTOR, at=AT)
    undo(outer, actor=ACTOR, at=AT)
    undo(MergedRecord.objects.get(pk=inner.pk), actor=ACTOR, at=AT)
    assert difference(before, everything()) == {}


# Whose value wins -----------------------------------------------------------------------------------------------------


def known(email: str, on: date, *, by_subject: bool = False, fields: str = "", **values: Any) -> Contact:
    """A contact all of whose values were collected on one day."""
    source, _created = Source.objects.get_or_create(code="fair")
    one = Contact.objects.create(email=email, collected_on=on, **values)
    names = fields.split() or ["email", *values]
    Collection.objects.create(contact=one, source=source, collected_on=on, supplied_by_subject=by_subject, fields=names)
    return one


OLD, NEW = date(2024, 1, 1), date(2026, 1, 1)


@pytest.mark.parametrize(
    ("mine", "theirs", "wins"),
    [
        ((OLD, False), (NEW, False), "theirs"),
        ((NEW, False), (OLD, False), "mine"),
        ((OLD, True), (NEW, False), "mine"),
        ((NEW, False), (OLD, True), "theirs"),
        ((OLD, True), (NEW, True), "theirs"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_newer_value_wins_and_the_persons_own_outranks(
    mine: tuple[date, bool], theirs: tuple[date, bool], wins: str, swapped: bool
) -> None:
    one = known("mine@example.org", mine[0], by_subject=mine[1], job_title="mine", city="mine")
    other = known("theirs@example.org", theirs[0], by_subject=theirs[1], job_title="theirs", city="theirs")
    kept, gone = (other, one) if swapped else (one, other)
    record = merge(kept.pk, gone.pk, actor=ACTOR, at=AT)
    merged = Contact.objects.get()
    assert (merged.job_title, merged.city, merged.email) == (wins, wins, f"{wins}@example.org")
    assert record.email == ("mine@example.org" if wins == "theirs" else "theirs@example.org")
    assert merged.collected_on == OLD


def test_an_empty_field_is_filled_and_an_address_is_not_put_together_out_of_two() -> None:
    one = known("mine@example.org", NEW, first_name="Anna", street="New street 1")
    other = known("theirs@example.org", OLD, first_name="Ann", last_name="Virtanen", phone="+358401234567", city="Oulu")
    merge(one.pk, other.pk, actor=ACTOR, at=AT)
    merged = Contact.objects.get()
    assert (merged.first_name, merged.last_name, merged.phone) == ("Anna", "Virtanen", "+358401234567")
    assert (merged.street, merged.city) == ("New street 1", "")


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({"in_marketing": True}, {"in_marketing": False}, (True, None, None)),
        ({"in_marketing": False, "left_marketing_on": OLD}, {"in_marketing": True}, (True, OLD, NEW)),
        ({"in_marketing": False, "left_marketing_on": NEW}, {"in_marketing": False}, (False, NEW, None)),
        (
            {"in_marketing": True, "returned_on": NEW, "left_marketing_on": OLD},
            {"in_marketing": True},
            (True, OLD, NEW),
        ),
    ],
)
def test_membership_and_where_the_24_months_begin(
    mine: dict[str, Any], theirs: dict[str, Any], expected: tuple[bool, date | None, date | None]
) -> None:
    one = Contact.objects.create(collected_on=date(2020, 1, 1), **mine)
    other = Contact.objects.create(collected_on=NEW, **theirs)
    merge(one.pk, other.pk, actor=ACTOR, at=AT)
    merged = Contact.objects.get()
    assert (merged.in_marketing, merged.left_marketing_on, merged.returned_on) == expected
    assert merged.collected_on == date(2020, 1, 1)


# Nothing is forgotten -------------------------------------------------------------------------------------------------


def test_a_model_that_does_not_say_what_merging_does_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Collection, "personal_data", replace(Collection.personal_data, on_merge=None))
    assert [problem.id for problem in check_model(Collection)] == ["obhut.E006"]


def test_a_unique_link_without_an_answer_to_a_clash_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(check_model(Affiliation)) == []
    monkeypatch.setattr(Affiliation, "personal_data", replace(Affiliation.personal_data, on_clash=None))
    assert [problem.id for problem in check_model(Affiliation)] == ["obhut.E007"]
