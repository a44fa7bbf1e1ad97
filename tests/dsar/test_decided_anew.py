"""A case that is given back and decided anew: what was prepared goes, and what follows is what is decided then."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core import mail

from contacts.models import Contact, SystemAccount
from dsar import answers, delivery, matching, outcomes, workflow
from dsar.intake import Asker
from dsar.models import AskedRight, Delivery, ExecutionTask, Message
from dsar.models.decisions import DataCategory, Decision, Ground, RefusalReason, TaskState
from dsar.models.matches import MatchState
from dsar.models.requests import Right, Status
from dsar.rights import rectification
from tests.dsar.cases import answered, identified
from tests.dsar.conftest import NOW, clerk, decide_all, fresh, move, officer, work, write_answer
from tests.dsar.people import well_known

pytestmark = pytest.mark.django_db(transaction=True)


def refuse(asked: AskedRight, *categories: DataCategory) -> None:
    """These categories are refused."""
    outcomes.decide(
        asked.pk, categories, Decision.REFUSED, NOW, actor=clerk(), reason=RefusalReason.OTHER, justification="Why."
    )


def carry_out(asked: AskedRight) -> None:
    """Carried out, and proposed for approval."""
    move(asked.request, Status.IN_PROGRESS)
    work()
    move(asked.request, Status.AWAITING_APPROVAL)


def give_back(asked: AskedRight) -> None:
    """The second person wants it decided otherwise."""
    move(asked.request, Status.IN_ASSESSMENT, note="decide anew")


def package() -> str:
    """The text of the one package that is there."""
    content = delivery.look(Delivery.objects.get(ended_at=None), NOW, clerk())
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        return b"".join(files.read(name) for name in files.namelist()).decode("utf-8", "replace")


def proposed(right: Right, *refused: DataCategory, **asker: Any) -> AskedRight:
    """A case about somebody well known, granted but for these categories, and proposed for approval."""
    asked = identified(right, well_known(), **asker)
    decide_all(asked.request, ground=Ground.NOT_NEEDED if right is Right.ERASURE else "")
    refuse(asked, *refused)
    return asked


def test_a_package_is_built_anew_without_what_is_refused_then() -> None:
    asked = proposed(Right.ACCESS, DataCategory.INTERESTS)
    carry_out(asked)
    assert "anna.v" in package()
    give_back(asked)
    assert not Delivery.objects.filter(ended_at=None).exists()
    refuse(asked, DataCategory.ACCOUNTS)
    carry_out(asked)
    answered(asked)
    assert "anna.v" not in package()


def test_when_all_is_refused_then_no_package_is_left_to_be_fetched() -> None:
    asked = proposed(Right.ACCESS, DataCategory.INTERESTS)
    carry_out(asked)
    give_back(asked)
    refuse(asked, *DataCategory)
    message = answered(asked)
    assert "link" not in message.parts
    assert not Delivery.objects.filter(ended_at=None).exists()
    assert fresh(asked.request).status == Status.REFUSED


def test_an_erasure_that_is_refused_then_is_not_carried_out() -> None:
    asked = proposed(Right.ERASURE, DataCategory.WORK)
    carry_out(asked)
    assert ExecutionTask.objects.filter(kind="erase", state=TaskState.PENDING).exists()
    give_back(asked)
    refuse(asked, *DataCategory)
    answered(asked)
    assert fresh(asked.request).status == Status.REFUSED
    assert Contact.objects.get(request_matches__request=asked.request).street
    assert not ExecutionTask.objects.exists()


def test_a_correction_that_is_granted_then_is_made() -> None:
    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    match = asked.request.matches.get(contact=anna)
    for field, value in (("street", "Uusikatu 9"), ("job_title", "CTO")):
        rectification.propose(match, field, value, NOW, actor=clerk())
    decide_all(asked.request)
    refuse(asked, DataCategory.WORK)
    carry_out(asked)
    anna.refresh_from_db()
    assert (anna.street, anna.job_title != "CTO") == ("Uusikatu 9", True)
    give_back(asked)
    decide_all(asked.request)
    move(asked.request, Status.IN_PROGRESS)
    work()
    anna.refresh_from_db()
    assert anna.job_title == "CTO"
    assert set(ExecutionTask.objects.values_list("kind", "state")) == {("correct", TaskState.DONE)}
    assert "job title" in answered(asked).body


def test_what_was_erased_cannot_be_decided_anew_before_the_answer_has_left() -> None:
    """On paper there is time between the act and the answer."""
    asker = Asker(name="Anna Virtanen", postal_address="Kauppakatu 5")
    asked = identified(Right.ERASURE, well_known(email=""), asker=asker)
    decide_all(asked.request, ground=Ground.NOT_NEEDED)
    refuse(asked, DataCategory.ACCOUNTS)
    carry_out(asked)
    write_answer(asked.request)
    workflow.approve(asked.request_id, NOW, actor=officer())
    work()
    assert SystemAccount.objects.exists()
    with pytest.raises(ValueError, match="has been carried out"):
        give_back(asked)
    assert fresh(asked.request).status == Status.AWAITING_APPROVAL


def test_an_answer_that_still_waits_for_the_mail_server_does_not_leave() -> None:
    asked = proposed(Right.ACCESS, DataCategory.INTERESTS)
    carry_out(asked)
    write_answer(asked.request)
    workflow.approve(asked.request_id, NOW, actor=officer())
    waiting = Message.objects.get(request=asked.request, kind="answer")
    assert waiting.state == "queued"
    give_back(asked)
    before = len(mail.outbox)
    work()
    assert len(mail.outbox) == before
    assert not Message.objects.filter(pk=waiting.pk).exists()


def test_what_was_granted_is_forgotten_when_it_turns_out_that_we_hold_nothing() -> None:
    asked = identified(Right.ACCESS, well_known())
    decide_all(asked.request)
    matching.decide(asked.request.matches.get().pk, MatchState.REJECTED, NOW, actor=clerk())
    outcomes.nothing_held(asked.request_id, NOW, actor=clerk())
    assert not asked.outcomes.exists()
    move(asked.request, Status.IN_PROGRESS)
    work()
    assert "hold nothing about you" in write_answer(asked.request).body
    answers.send(asked.request_id, NOW, actor=clerk())
    work()
    assert fresh(asked.request).answered_at is not None
