"""Recipients are told once (Art. 19, E44): the case's step and the notice in the ledger are one duty."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from config import roles
from config.models import AuditEvent, User
from consent import ledger
from consent.models import Recipient, RecipientNotice
from consent.models.disclosures import NoticeReason
from contacts.models import Contact
from dsar import answers, execution, matching, workflow
from dsar.models import AskedRight, ExecutionTask, Match, Message
from dsar.models.decisions import Ground
from dsar.models.requests import Right, Status
from dsar.rights import procedure_of, rectification
from dsar.workflow import NotAllowedError
from retention import residue
from tests.consent.disclosure_cast import given_to, recipient
from tests.dsar.cases import carried_out, identified
from tests.dsar.conftest import (
    HOUR,
    NOW,
    account,
    case_of,
    clerk,
    fresh,
    move,
    officer,
    person,
    work,
)
from tests.retention.threads import Thread, until_blocked_or_over, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

RIGHTS = [
    pytest.param(Right.RECTIFICATION, "", "corrected", id="rectification"),
    pytest.param(Right.RESTRICTION, Ground.DISPUTED, "restricted", id="restriction"),
    pytest.param(Right.ERASURE, Ground.NOT_NEEDED, "erase", id="erasure"),
]


def known_to(*recipients: Recipient) -> Contact:
    """Somebody whose data these recipients have, each twice."""
    anna = person()
    for one in recipients:
        given_to(one, anna, times=2)
    return anna


def changed(right: Right, contact: Contact, ground: str = "") -> AskedRight:
    """A case that has changed the data, and has an answer that waits for nothing but the recipients."""
    asked = identified(right, contact)
    if right == Right.RECTIFICATION:
        match = Match.objects.get(request=asked.request, contact=contact)
        rectification.propose(match, "city", "Oulu", NOW, actor=clerk())
    carried_out(asked, ground=ground)
    answers.draft(asked.request_id, NOW, actor=clerk())
    if right == Right.ERASURE:
        assert not steps(asked) and not RecipientNotice.objects.exists()  # nobody is told what nobody approved
        move(asked.request, Status.AWAITING_APPROVAL)
        workflow.approve(asked.request_id, NOW, actor=officer())
        work()
    return asked


def steps(asked: AskedRight) -> list[ExecutionTask]:
    """The steps that tell a recipient."""
    return list(ExecutionTask.objects.filter(asked=asked, kind="tell"))


def leaves(asked: AskedRight) -> None:
    """The answer leaves, by itself where it has been approved."""
    if not workflow.release_answer(fresh(asked.request), NOW) and not fresh(asked.request).approved_by:
        answers.send(asked.request_id, NOW, actor=clerk())
    work()


@pytest.mark.parametrize(("right", "ground", "word"), RIGHTS)
def test_each_recipient_is_told_once_before_the_case_can_close(right: Right, ground: str, word: str) -> None:
    reseller, court = recipient(notice_address="privacy@reseller.example"), recipient("authority")
    post = recipient("payment")
    anna = known_to(reseller, post)
    given_to(court, anna, exceptional=True)
    asked = changed(right, anna, ground)
    assert {one.target for one in steps(asked)} == {reseller.pk, post.pk}
    titles = " ".join(procedure_of(right).title_of(one) for one in steps(asked))
    assert all(text in titles for text in (reseller.name, post.name, "privacy@reseller.example"))
    letters = Message.objects.filter(request=asked.request, kind="recipient")
    assert letters.count() == 2 and {one.carrier for one in letters} == {"letter"}
    assert all(anna.reference in one.body and "Virtanen" not in one.body and word in one.body for one in letters)
    assert RecipientNotice.objects.filter(batch=asked.request_id, told_at=None).count() == 2
    with pytest.raises(NotAllowedError, match=r"not done yet|carried out"):
        answers.send(asked.request_id, NOW, actor=clerk())
    for step in steps(asked):
        execution.done_by_hand(step.pk, "Letter posted.", NOW + HOUR, clerk())
    done = RecipientNotice.objects.filter(told_at=NOW + HOUR, reference="", method=asked.request.reference)
    assert done.count() == 2 and not ledger.waiting().exists()
    assert {(one.state, one.sent_at) for one in letters.all()} == {("sent", NOW + HOUR)}
    leaves(asked)
    assert fresh(asked.request).status == Status.FULFILLED
    assert list(residue.scan()) == []


@pytest.mark.parametrize(("right", "ground", "word"), RIGHTS)
def test_what_the_recipients_page_records_is_done_in_the_case_and_nobody_is_told_twice(
    right: Right, ground: str, word: str
) -> None:
    reseller = recipient()
    asked = changed(right, known_to(reseller), ground)
    ledger.told(reseller, NOW + HOUR, until=NOW + HOUR, method="letter", actor=officer())
    (step,) = steps(asked)
    assert (step.state, step.finished_at, step.finished_by) == ("done", NOW + HOUR, officer().user_id)
    assert Message.objects.get(kind="recipient").state == "sent"
    with pytest.raises(ValueError, match="done already"):
        execution.done_by_hand(step.pk, "Letter posted.", NOW + HOUR, clerk())
    assert AuditEvent.objects.filter(action="told recipient").count() == 1
    leaves(asked)
    assert fresh(asked.request).status == Status.FULFILLED


def test_what_the_case_records_leaves_the_notices_of_others_alone() -> None:
    reseller = recipient()
    anna, other = known_to(reseller), person("bo@example.org", first_name="Bo", last_name="Ek")
    given_to(reseller, other)
    ledger.queue([other.pk], NoticeReason.PURGED, NOW)
    asked = changed(Right.RESTRICTION, anna, Ground.DISPUTED)
    (step,) = steps(asked)
    execution.done_by_hand(step.pk, "Letter posted.", NOW + HOUR, clerk())
    assert ledger.waiting(reseller).get().reference == other.reference


def test_half_of_what_is_owed_does_not_finish_a_step() -> None:
    reseller = recipient()
    asked = changed(Right.RESTRICTION, known_to(reseller), Ground.DISPUTED)
    given_to(reseller, person("bo@example.org"))
    ledger.queue([Contact.objects.get(email="bo@example.org").pk], NoticeReason.PURGED, NOW - HOUR)
    assert ledger.told(reseller, NOW, until=NOW - HOUR, method="letter", actor=officer()) == 1
    assert [one.state for one in steps(asked)] == ["pending"]


def test_two_records_of_one_person_are_one_step_with_both_references() -> None:
    reseller = recipient()
    anna = known_to(reseller)
    asked = identified(Right.RESTRICTION, anna)
    again = person("anna@home.example")
    given_to(reseller, again)
    matching.choose(asked.request_id, again, NOW, actor=clerk())
    carried_out(asked, ground=Ground.DISPUTED)
    assert len(steps(asked)) == 1 and RecipientNotice.objects.count() == 2
    letter = Message.objects.get(kind="recipient")
    assert anna.reference in letter.body and again.reference in letter.body


def test_a_case_with_a_notice_nobody_gave_ends_in_no_way() -> None:
    asked = changed(Right.RESTRICTION, known_to(recipient()), Ground.DISPUTED)
    with pytest.raises(NotAllowedError, match="1 notice to a recipient"):
        move(asked.request, Status.WITHDRAWN, note="Called.")
    ExecutionTask.objects.filter(kind="tell").update(state="done", finished_at=NOW)  # past the program
    answers.send(asked.request_id, NOW, actor=clerk())
    work()
    assert fresh(asked.request).is_open and fresh(asked.request).answered_at
    with pytest.raises(NotAllowedError, match="1 notice to a recipient"):
        move(asked.request, Status.FULFILLED)
    assert case_of(asked.request).owed_notices == 1


def test_a_letter_to_a_recipient_is_recorded_at_its_step_and_nowhere_else() -> None:
    asked = changed(Right.RESTRICTION, known_to(recipient()), Ground.DISPUTED)
    letter = Message.objects.get(kind="recipient")
    with pytest.raises(NotAllowedError, match="at its step"):
        answers.posted(letter.pk, NOW, actor=clerk())
    client = Client()
    client.force_login(User.objects.get(pk=str(account(roles.PRIVACY_CLERK).user_id)))
    page = client.get(reverse("admin:dsar_rightsrequest_change", args=[asked.request_id])).content.decode()
    assert "Tell a recipient of the data: " in page and "This letter has been posted" not in page


@pytest.mark.parametrize(("right", "ground", "word"), RIGHTS)
def test_the_preview_names_who_will_be_told(right: Right, ground: str, word: str) -> None:
    reseller = recipient()
    asked = identified(right, known_to(reseller))
    assert f"These recipients are told (Art. 19): {reseller.name}." in procedure_of(right).preview(asked, NOW)


def test_a_restriction_while_an_objection_is_weighed_is_told_of_outside_the_case() -> None:
    """Art. 18(1)(d), 19: it is queued for the recipients, and the answer about the objection does not wait for it."""
    reseller = recipient()
    asked = identified(Right.OBJECTION, known_to(reseller))
    assert ledger.waiting(reseller).get().reason == NoticeReason.RESTRICTED
    assert case_of(asked.request).owed_notices == 0


@pytest.mark.postgres
@pytest.mark.parametrize("first", ["case", "page"])
def test_a_clerk_and_the_recipients_page_at_the_same_moment_tell_once(first: str) -> None:
    reseller, hand, other = recipient(), clerk(), officer()
    asked = changed(Right.RESTRICTION, known_to(reseller), Ground.DISPUTED)
    (step,) = steps(asked)
    acts = {
        "case": lambda: execution.done_by_hand(step.pk, "Letter posted.", NOW + HOUR, hand),
        "page": lambda: ledger.told(reseller, NOW + HOUR, until=NOW + HOUR, method="letter", actor=other),
    }
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            RecipientNotice.objects.select_for_update().get()
            held.set()
            wait_for(over)

    threads = [Thread(hold)]
    wait_for(held)
    threads.append(Thread(acts.pop(first)))
    until_blocked_or_over(threads[1])
    threads += [Thread(act) for act in acts.values()]
    over.set()
    problems = [one for thread in threads if (one := thread.finish())]
    assert all(isinstance(one, ValueError) for one in problems), problems
    assert AuditEvent.objects.filter(action="told recipient").count() == 1
    assert [one.state for one in steps(asked)] == ["done"]
