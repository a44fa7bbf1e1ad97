"""Cases of one right, brought to the point that a test is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contacts.models import Contact
from dsar import answers, identity, outcomes, workflow
from dsar.models import AskedRight, Match, Message
from dsar.models.decisions import DataCategory, Decision, RefusalReason
from dsar.models.matches import Method
from dsar.models.requests import Right, Status
from tests.dsar.conftest import NOW, case_of, clerk, decide_all, entered, fresh, move, officer, work


def identified(right: Right, contact: Contact, at: datetime = NOW, **wish: Any) -> AskedRight:
    """A request of a confirmed person who has proved who they are, in assessment."""
    request = entered(right, contact=contact, at=at, **wish)
    match = Match.objects.get(request=request, contact=contact)
    identity.record(match, Method.PORTAL, "signed in", at, actor=clerk())
    identity.record(match, Method.FACT, "order number", at, actor=clerk())
    move(request, Status.IN_ASSESSMENT, at)
    return AskedRight.objects.get(request=request, right=right)


def refuse(asked: AskedRight, categories: list[DataCategory], reason: RefusalReason, why: str) -> None:
    """These categories are withheld from a package."""
    outcomes.decide(asked.pk, categories, Decision.REFUSED, NOW, actor=clerk(), reason=reason, justification=why)


def refuse_activity(asked: AskedRight, reason: RefusalReason, why: str) -> None:
    """What somebody did on our websites is withheld from a package."""
    refuse(asked, [DataCategory.ACTIVITY], reason, why)


def carried_out(asked: AskedRight, at: datetime = NOW, *, ground: str = "") -> None:
    """Granted in full, and every step of the program done."""
    decide_all(asked.request, Decision.GRANTED, at, ground=ground)
    move(asked.request, Status.IN_PROGRESS, at)
    work()


def answered(asked: AskedRight, at: datetime = NOW) -> Message:
    """The answer has left, with a second person's approval where it is needed."""
    if not case_of(asked.request, at).grants:
        move(asked.request, Status.AWAITING_APPROVAL, at)
    message = answers.draft(asked.request_id, at, actor=clerk())
    if case_of(asked.request, at).needs_four_eyes:
        if fresh(asked.request).status != Status.AWAITING_APPROVAL:
            move(asked.request, Status.AWAITING_APPROVAL, at)
        workflow.approve(asked.request_id, at, actor=officer())
        work()
    else:
        answers.send(asked.request_id, at, actor=clerk())
    work()
    assert fresh(asked.request).answered_at is not None, [(str(t), t.error) for t in case_of(asked.request).tasks]
    return Message.objects.get(pk=message.pk)
