"""Erasure (Art. 17): the preview counts what the act removes; by category; four eyes; nothing left that leads back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction

from config.models import Actor
from consent import suppression
from consent.models import Consent, FormerAddress, InterestProfile, SuppressionEntry
from consent.models.suppression import FormerReason
from contacts import merging, unmerging
from contacts.models import Affiliation, Contact, Engagement, MergedRecord, MergeUndo
from dsar import answers, outcomes, workflow
from dsar.models import AskedRight, Attachment, ExecutionTask, Match, Requester
from dsar.models.decisions import DataCategory, Decision, Ground, RefusalReason, TaskState
from dsar.models.matches import Level
from dsar.models.requests import Right, Status
from dsar.rights import erasure, procedure_of
from retention import journal, on_request, purge, residue
from retention.models import ErasureRecord, Hold, RetentionRun
from retention.models.runs import RunTrigger
from tests.dsar.cases import answered, carried_out, identified
from tests.dsar.conftest import (
    DAY,
    NOW,
    TODAY,
    case_of,
    clerk,
    decide_all,
    fresh,
    move,
    officer,
    person,
    work,
    write_answer,
)
from tests.dsar.people import held, restricted, well_known

pytestmark = pytest.mark.django_db(transaction=True)


def partly(*kept: DataCategory, until: date | None = None, of: Contact | None = None) -> Any:
    """An erasure that keeps some categories for legal claims, carried out up to the approval."""
    asked = identified(Right.ERASURE, of or well_known())
    gone = [one for one in DataCategory if one not in kept]
    outcomes.decide(asked.pk, gone, Decision.GRANTED, NOW, actor=clerk(), ground=Ground.NOT_NEEDED)
    outcomes.decide(
        asked.pk, kept, Decision.REFUSED, NOW, actor=clerk(), reason=RefusalReason.LEGAL_CLAIMS,
        justification="A claim is pending.", keep_until_on=until,
    )  # fmt: skip
    move(asked.request, Status.IN_PROGRESS)
    work()
    return asked


def test_staff_are_warned_of_a_hold_that_the_refusal_must_not_mention() -> None:
    anna = well_known()
    asked = identified(Right.ERASURE, anna)
    held(anna)
    assert "stay secret" not in " ".join(procedure_of(Right.ERASURE).preview(asked, NOW))
    held(anna, is_secret=True)
    assert "A hold must stay secret" in " ".join(procedure_of(Right.ERASURE).preview(asked, NOW))


def test_the_whole_person_goes_after_a_second_person_approved() -> None:
    anna = well_known()
    asked = identified(Right.ERASURE, anna)
    listed = SuppressionEntry.objects.count()
    carried_out(asked, ground=Ground.NOT_NEEDED)
    assert Contact.objects.filter(pk=anna.pk).exists()  # nothing happens before the approval
    preview = on_request.counts([anna.pk])
    message = answered(asked)
    record = ErasureRecord.objects.get()
    assert {label: count for label, count in preview.items() if label != "contacts.Contact"} == record.counts
    assert (record.contact_id, record.rule) == (anna.pk, "DSR17")
    assert not Contact.objects.filter(pk=anna.pk).exists()
    assert FormerAddress.objects.get().reason == FormerReason.REQUEST
    assert SuppressionEntry.objects.count() == listed and suppression.find(["anna@example.org"], channel="phone")
    assert not Consent.objects.exclude(contact=None, text="").exists() and Consent.objects.exists()
    assert fresh(asked.request).status == Status.FULFILLED
    assert mail.outbox[-1].to == ["anna@example.org"]
    ((name, content, _type),) = mail.outbox[-1].attachments
    assert name == f"{asked.request.reference}-erasure.pdf" and bytes(content).startswith(b"%PDF")
    assert message.attachments.count() == 1
    assert list(residue.scan()) == []


def test_the_proof_is_in_the_journal_and_no_rule_is_blamed() -> None:
    asked = identified(Right.ERASURE, well_known())
    carried_out(asked, ground=Ground.UNLAWFUL)
    answered(asked)
    run = RetentionRun.objects.get()
    assert (run.rule, run.trigger, run.state, run.erased) == ("request", "request", "done", 1)
    assert sum(len(one.read_text().splitlines()) for one in journal.segments()) == 1
    assert purge.last_completed() is None


def test_who_asked_is_forgotten_once_the_case_is_closed() -> None:
    asked = identified(Right.ERASURE, well_known())
    carried_out(asked, ground=Ground.NOT_NEEDED)
    answered(asked)
    assert not Requester.objects.exists()
    assert set(asked.request.messages.values_list("body", flat=True)) == {""}
    assert Attachment.objects.get().sealed_key is None
    assert Match.objects.get().contact is None


def test_a_category_stays_for_its_reason_and_the_rest_goes() -> None:
    asked = partly(DataCategory.IDENTITY, DataCategory.ORGANISATION, DataCategory.ACCOUNTS, until=date(2027, 6, 1))
    lines = " ".join(procedure_of(Right.ERASURE).preview(asked, NOW))
    assert "Fields emptied: e-mail" in lines and "A claim is pending. Until 1 Jun 2027." in lines
    answered(asked)
    anna = Contact.objects.get(last_name="Virtanen")
    assert (anna.email, anna.phone, anna.street, anna.job_title, anna.topics) == ("", "", "", "", [])
    assert (anna.first_name, anna.email_key, anna.email_digest, anna.in_marketing) == ("Anna", None, "", False)
    assert Affiliation.objects.filter(contact=anna).exists() and anna.system_accounts.exists()
    assert not Engagement.objects.exists() and not InterestProfile.objects.exists()
    hold = Hold.objects.get(kind="legal")
    assert (hold.until_on, hold.matter) == (date(2027, 6, 1), asked.request.reference)
    assert fresh(asked.request).status == Status.PARTLY_FULFILLED
    assert not ErasureRecord.objects.exists()


def merged_at_work() -> tuple[Contact, MergedRecord]:
    """One person out of two records: the merged one brought a street, and its address is not in use any more."""
    anna = person(email="a@example.org", in_marketing=False)
    other = person(email="b@example.org", in_marketing=False, street="Salakatu 5", city="Oulu")
    record = merging.merge(anna.pk, other.pk, actor=clerk(), at=NOW - DAY)
    anna.refresh_from_db()
    assert (anna.street, record.email != "") == ("Salakatu 5", True)
    return anna, record


def test_what_a_merge_kept_of_erased_data_goes_with_it_and_does_not_come_back() -> None:
    anna, record = merged_at_work()
    assert "Salakatu 5" in str(MergeUndo.objects.get(contact=anna).steps)
    asked = partly(DataCategory.WORK, of=anna)
    said = " ".join(procedure_of(Right.ERASURE).preview(asked, NOW))
    assert "merges that can be taken back, 1" in said
    answered(asked)
    anna.refresh_from_db()
    record.refresh_from_db()
    assert (anna.street, anna.email, record.email, record.email_key) == ("", "", "", None)
    assert not MergeUndo.objects.exists()
    with pytest.raises(merging.Refused, match="has been deleted"):
        unmerging.undo(record, actor=clerk(), at=NOW)


def test_a_kept_address_keeps_the_one_of_a_merged_record() -> None:
    anna, record = merged_at_work()
    answered(partly(DataCategory.ADDRESS, of=anna))
    record.refresh_from_db()
    assert record.email


def test_kept_activity_keeps_the_marketing_register() -> None:
    asked = partly(DataCategory.ACTIVITY)
    answered(asked)
    assert Engagement.objects.exists()


@pytest.mark.parametrize("bar", [held, restricted])
def test_a_hold_or_a_restriction_stands_in_the_way_and_is_shown(bar: Any) -> None:
    anna = well_known()
    bar(anna)
    asked = identified(Right.ERASURE, anna)
    decide_all(asked.request, ground=Ground.NOT_NEEDED)
    assert "cannot be carried out yet" in next(iter(procedure_of(Right.ERASURE).preview(asked, NOW)))
    with pytest.raises(on_request.BarredError), transaction.atomic():
        on_request.erase_all([anna.pk], NOW, clerk(), batch=uuid4())
    assert Contact.objects.filter(pk=anna.pk).exists()


def test_a_barred_erasure_lets_no_answer_leave() -> None:
    anna = well_known()
    held(anna)
    asked = identified(Right.ERASURE, anna)
    carried_out(asked, ground=Ground.NOT_NEEDED)
    answers.draft(asked.request_id, NOW, actor=clerk())
    move(asked.request, Status.AWAITING_APPROVAL)
    workflow.approve(asked.request_id, NOW, actor=officer())
    work()
    task = ExecutionTask.objects.get(kind="erase")
    assert (task.state, task.error) == ("failed", "BarredError")
    assert fresh(asked.request).answered_at is None


def test_a_grant_needs_its_ground() -> None:
    asked = identified(Right.ERASURE, well_known())
    with pytest.raises(ValueError, match="ground of the law"):
        outcomes.decide(asked.pk, [DataCategory.WORK], Decision.GRANTED, NOW, actor=clerk())
    with pytest.raises(ValueError, match="ground of the law"):
        outcomes.decide(asked.pk, [DataCategory.WORK], Decision.GRANTED, NOW, actor=clerk(), ground=Ground.DISPUTED)


def test_marketing_data_alone_needs_the_address_only() -> None:
    from dsar.models import AskedRight
    from tests.dsar.conftest import entered

    anna = person()
    request = entered(Right.ERASURE, contact=anna)
    asked = AskedRight.objects.get(request=request)
    assert procedure_of(Right.ERASURE).level_for(asked) == Level.ADDRESS
    assert case_of(request).required_level == Level.ADDRESS
    from contacts.models import Organisation

    Affiliation.objects.create(contact=anna, organisation=Organisation.objects.create(name="X"))
    assert procedure_of(Right.ERASURE).level_for(asked) == Level.FACT


def test_the_same_plan_is_previewed_and_carried_out() -> None:
    asked = partly(DataCategory.IDENTITY, DataCategory.ORGANISATION)
    made = erasure.plan(asked)
    assert "email_key" not in made.fields and "reference" not in made.fields and "collected_on" not in made.fields
    assert not made.is_whole and {one.category for one in made.kept} == {"identity", "organisation"}


def test_whom_a_rule_erases_while_the_case_is_open_is_answered_as_erased() -> None:
    """An open erasure does not pause the rules (E31): both want the same."""
    asked = approvable(person(collected_on=date(2024, 5, 2)))
    purged(asked)
    workflow.approve(asked.request_id, NOW, actor=officer())
    work()
    assert {(task.kind, task.state) for task in case_of(asked.request).tasks} == {
        ("erase", TaskState.DONE),
        ("certificate", TaskState.DONE),
    }
    assert fresh(asked.request).status == Status.FULFILLED
    assert mail.outbox[-1].to == ["anna@example.org"]


def test_a_rule_that_erases_what_should_be_kept_in_part_does_not_let_the_letter_say_that_it_is_kept() -> None:
    asked = approvable(person(), keep=["work"])
    purged(asked)
    workflow.approve(asked.request_id, NOW, actor=officer())
    work()
    assert [task.state for task in case_of(asked.request).tasks] == [TaskState.FAILED, TaskState.PENDING]
    assert fresh(asked.request).answered_at is None


def approvable(contact: Contact, keep: Sequence[str] = ()) -> AskedRight:
    """An erasure that waits for its approval, with the letter; some categories are kept."""
    asked = identified(Right.ERASURE, contact)
    decide_all(asked.request, ground=Ground.NOT_NEEDED)
    if keep:
        outcomes.decide(
            asked.pk, keep, Decision.REFUSED, NOW, actor=clerk(), reason=RefusalReason.OTHER, justification="Claims."
        )
    move(asked.request, Status.IN_PROGRESS)
    write_answer(asked.request)
    move(asked.request, Status.AWAITING_APPROVAL)
    return asked


def purged(asked: AskedRight) -> None:
    """The nightly run erases whoever the case is about."""
    Contact.objects.update(in_marketing=False)
    run = purge.begin(TODAY, RunTrigger.COMMAND, Actor.command(), NOW, approve=True)
    assert purge.work(run, Actor.command(), NOW)
    assert not Match.objects.filter(request=asked.request, contact__isnull=False).exists()
