"""Answers (Art. 12): each right and outcome in three languages; a refusal never leaves without what it must say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core import mail

from dsar import answers, replies, workflow
from dsar.models import Message, RightsRequest
from dsar.models.decisions import Decision, Ground, RefusalReason
from dsar.models.requests import FAST_LANE, Right, Status
from tests.conftest import ROOT
from tests.dsar.cases import answered, carried_out, identified
from tests.dsar.conftest import NOW, case_of, clerk, decide_all, entered, fresh, move, officer, person, work
from tests.dsar.people import well_known

pytestmark = pytest.mark.django_db(transaction=True)
FOLDER = ROOT / "templates" / "dsar" / "answers"
LANGUAGES = ("de", "en", "fi")
WORDS = {
    "de": ("Guten Tag Anna Virtanen", "vor Gericht", "Beschwerde bei einer Aufsichtsbehörde"),
    "en": ("Dear Anna Virtanen", "before a court", "complain to a supervisory authority"),
    "fi": ("Hyvä Anna Virtanen", "tuomioistuimen", "valituksen valvontaviranomaiselle"),
}
GROUNDS = {Right.ERASURE: Ground.NOT_NEEDED, Right.RESTRICTION: Ground.DISPUTED}
ASSESSED = [one for one in Right if one not in FAST_LANE]


def test_every_right_has_its_letter_in_every_language() -> None:
    names = {one.name for one in (FOLDER / "en").iterdir()}
    assert names >= {f"{right}.txt" for right in Right}
    for language in LANGUAGES:
        assert {one.name for one in (FOLDER / language).iterdir()} == names


def test_the_letters_use_the_same_values_in_every_language() -> None:
    def values(path: Path) -> set[str]:
        return set(re.findall(r"\{\{ ?([\w.]+)", path.read_text()))

    for path in (FOLDER / "en").iterdir():
        for language in LANGUAGES:
            assert values(FOLDER / language / path.name) == values(path), f"{language}/{path.name}"


def test_every_reason_of_a_refusal_is_a_sentence_in_every_language() -> None:
    for language in LANGUAGES:
        text = (FOLDER / language / "reason.txt").read_text()
        for reason in RefusalReason:
            assert f'"{reason}"' in text or reason == RefusalReason.OTHER


def test_the_german_letters_say_sie() -> None:
    for path in (FOLDER / "de").iterdir():
        assert re.search(r"\b(du|dir|dich|dein\w*)\b", path.read_text(), re.IGNORECASE) is None, path.name


def in_language(right: Right, language: str) -> RightsRequest:
    asked = identified(right, well_known())
    RightsRequest.objects.filter(pk=asked.request_id).update(language=language)
    return fresh(asked.request)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("right", ASSESSED)
def test_a_refusal_names_reason_authority_and_court(right: Right, language: str) -> None:
    request = in_language(right, language)
    decide_all(request, Decision.REFUSED, reason=RefusalReason.CONFIDENTIALITY, justification="Case 77 is pending.")
    move(request, Status.AWAITING_APPROVAL)
    message = answers.draft(request.pk, NOW, actor=clerk())
    for words in (*WORDS[language], "Case 77 is pending.", "https://tietosuoja.fi"):
        assert words in message.body, words
    assert set(message.parts.split()) == {"reason", "complaint", "remedy"}
    assert "{" not in message.body and "None" not in message.body
    assert not message.body.count("\n\n\n\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("right", ASSESSED)
def test_a_granted_right_is_told_in_the_language_of_the_case(right: Right, language: str) -> None:
    request = in_language(right, language)
    decide_all(request, ground=GROUNDS.get(right, ""))
    move(request, Status.IN_PROGRESS)
    work()
    message = answers.draft(request.pk, NOW, actor=clerk())
    assert WORDS[language][0] in message.body and WORDS[language][1] not in message.body
    assert ("/requests/package/" in message.body) == (right in (Right.ACCESS, Right.PORTABILITY))
    assert "{" not in message.body and "None" not in message.body


@pytest.mark.parametrize("gone", ["Case 77 is pending.", "https://tietosuoja.fi", "before a court"])
def test_an_edited_refusal_that_lost_a_paragraph_cannot_leave(gone: str) -> None:
    asked = identified(Right.ACCESS, well_known())
    decide_all(asked.request, Decision.REFUSED, reason=RefusalReason.OTHER, justification="Case 77 is pending.")
    move(asked.request, Status.AWAITING_APPROVAL)
    message = answers.draft(asked.request_id, NOW, actor=clerk())
    changed = replies.edit(message.pk, message.subject, message.body.replace(gone, ""), NOW, actor=clerk())
    with pytest.raises(workflow.NotAllowedError, match="must name the reason"):
        workflow.approve(asked.request_id, NOW, actor=officer())
    replies.edit(changed.pk, message.subject, message.body, NOW, actor=clerk())
    workflow.approve(asked.request_id, NOW, actor=officer())
    with pytest.raises(workflow.NotAllowedError, match="approved or sent"):
        replies.edit(changed.pk, "x", "y", NOW, actor=clerk())


def test_whoever_changes_the_letter_does_not_approve_it() -> None:
    asked = identified(Right.ACCESS, well_known())
    decide_all(asked.request, Decision.REFUSED, reason=RefusalReason.OTHER, justification="Because.")
    move(asked.request, Status.AWAITING_APPROVAL)
    message = answers.draft(asked.request_id, NOW, actor=clerk())
    replies.edit(message.pk, "Our answer", message.body + "\nP.S.", NOW, actor=officer())
    assert "prepared this yourself" in workflow.may_not_approve(case_of(asked.request), officer())


def test_a_newline_in_a_subject_is_no_header() -> None:
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    message = answers.draft(asked.request_id, NOW, actor=clerk())
    replies.edit(message.pk, "Answer\r\nBcc: eve@example.net", message.body, NOW, actor=clerk())
    answers.send(asked.request_id, NOW, actor=clerk())
    work()
    assert mail.outbox[-1].to == ["anna@example.org"] and mail.outbox[-1].bcc == []
    assert mail.outbox[-1].recipients() == ["anna@example.org"]


def test_an_answer_without_its_link_does_not_leave() -> None:
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    message = answers.draft(asked.request_id, NOW, actor=clerk())
    replies.edit(message.pk, message.subject, "Here you are.", NOW, actor=clerk())
    assert "link to the package" in answers.may_not_send(case_of(asked.request))
    message = answered(asked)
    assert Message.objects.get(pk=message.pk).state == "sent"


def test_the_fast_lane_is_answered_too() -> None:
    request = entered(Right.MARKETING_OBJECTION, contact=person())
    work()
    answer = Message.objects.filter(request=request, kind="answer").last()
    assert answer is None or "for marketing no more" in answer.body


def test_on_paper_the_package_is_enclosed() -> None:
    from dsar import delivery
    from dsar.models import Requester

    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    Requester.objects.update(answer_to="")
    message = answers.draft(asked.request_id, NOW, actor=clerk())
    assert (
        message.carrier == "letter" and "It is enclosed." in message.body and "/requests/package/" not in message.body
    )
    assert delivery.open_of(asked) is not None
    answers.posted(message.pk, NOW, actor=clerk())
    assert fresh(asked.request).status == Status.FULFILLED
