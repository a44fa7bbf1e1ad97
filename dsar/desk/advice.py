"""What to do next with a case, why, and what happens when: the top of the case page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.dates import add_days, add_months, local_date
from config.policy.periods import EVIDENCE_MONTHS, LAPSE_REMINDER_DAYS, REQUEST_PAUSE_DAYS
from dsar import answers, deadlines, guards
from dsar.case import Case
from dsar.models import ExecutionTask
from dsar.models.correspondence import MessageState
from dsar.models.decisions import TaskState
from dsar.models.requests import PAUSING, Status


@dataclass(frozen=True, slots=True)
class Advice:
    """The next thing to do, why, and the part of the page where it is done (its id)."""

    title: str
    why: str = ""
    place: str = ""


def advice(case: Case) -> Advice:
    """What to do next."""
    status = Status(case.request.status)
    return _BY_STATUS[status](case) if status in _BY_STATUS else _closed(case)


def _received(case: Case) -> Advice:
    if missing := guards.candidates_are_decided(case):
        return Advice(_("Say who the person is"), missing, "who")
    if not case.to_assess:
        if missing := guards.fast_lane_is_done(case):
            return Advice(_("Find the person"), missing, "who")
        return Advice(_("Close the case"), _("Everything that was asked has been carried out."), "ways")
    if missing := guards.identity_is_proven(case):
        return Advice(_("Make sure who asks"), missing, "identity")
    return Advice(_("Begin the assessment"), _("It is clear who asks."), "ways")


def _identity(case: Case) -> Advice:
    if not guards.identity_is_proven(case) and not guards.candidates_are_decided(case):
        return Advice(_("Begin the assessment"), _("The person has proven who they are."), "ways")
    if not guards.candidates_are_decided(case):
        return Advice(_("Wait for the person"), _clock(case), "identity")
    return Advice(_("Say who the person is"), guards.candidates_are_decided(case), "who")


def _clarification(case: Case) -> Advice:
    return Advice(_("Wait for the person, and record the answer"), _clock(case), "ways")


def _clock(case: Case) -> str:
    """Whether the clock stands, and until when the person has time."""
    pause = case.open_pause
    if pause is None:
        return ""
    asked = local_date(pause.asked_at)
    if deadlines.counts(case.request.clock_on, asked):
        return _("The clock stands since %(day)s.") % {"day": date_format(asked, "SHORT_DATE_FORMAT")}
    return _("The clock runs on: we asked later than five working days after the receipt.")


def _assessment(case: Case) -> Advice:
    if missing := guards.candidates_are_decided(case):
        return Advice(_("Say who the person is"), missing, "who")
    if missing := guards.identity_is_proven(case):
        return Advice(_("Make sure who asks"), missing, "identity")
    if missing := guards.fast_lane_is_done(case):
        return Advice(_("Find the person"), missing, "who")
    if missing := guards.every_outcome_is_chosen(case):
        return Advice(_("Decide what is granted"), missing, "outcomes")
    if guards.something_is_granted(case):
        return Advice(_("Propose the refusal"), _("A second person approves it before the letter leaves."), "ways")
    return Advice(_("Carry it out"), _("Every category has an outcome."), "ways")


def _progress(case: Case) -> Advice:
    if case.due_before_approval:
        return _steps(case.due_before_approval)
    if case.answer is None:
        return Advice(_("Write the answer"), _("Everything has been carried out."), "answer")
    if case.needs_four_eyes:
        return Advice(_("Send it for approval"), _("Something is refused or erased: a second person looks."), "ways")
    return _sending(case)


def _approval(case: Case) -> Advice:
    if case.answer is None:
        return Advice(_("Write the answer"), _("What is approved is the letter, too."), "answer")
    if not case.request.approved_by:
        return Advice(_("A second person approves"), _("Whoever prepared it cannot approve it."), "answer")
    if case.unfinished:
        return _steps(case.unfinished)
    return _sending(case)


def _steps(unfinished: list[ExecutionTask]) -> Advice:
    """What is done by hand, or has failed, waits for whoever reads this; the rest for the program."""
    if count := sum(one.by_hand or one.state == TaskState.FAILED for one in unfinished):
        text = ngettext("%(count)s step waits for you.", "%(count)s steps wait for you.", count) % {"count": count}
        return Advice(_("Carry out the steps"), text, "steps")
    return Advice(_("Wait for the steps"), _("The program does them within a minute. Look again then."), "steps")


def _sending(case: Case) -> Advice:
    state = case.answer.state if case.answer else ""
    if state == MessageState.DRAFT and not answers.may_not_send(case):
        return Advice(_("Send the answer"), _("With it the case closes."), "answer")
    if state == MessageState.DRAFT:
        return Advice(_("Post the letter, and record it"), _("With it the case closes."), "answer")
    if state in (MessageState.FAILED, MessageState.SENDING):
        return Advice(_("The answer did not leave"), _("Look at the message, and send it again."), "messages")
    return Advice(_("The answer is on its way"), _("The case closes when the mail server has taken it."), "messages")


def _closed(case: Case) -> Advice:
    return Advice(_("Nothing: the case is closed"), _("New facts, or an order of the authority, reopen it."), "ways")


_BY_STATUS = {
    Status.RECEIVED: _received,
    Status.AWAITING_IDENTITY: _identity,
    Status.AWAITING_CLARIFICATION: _clarification,
    Status.IN_ASSESSMENT: _assessment,
    Status.IN_PROGRESS: _progress,
    Status.AWAITING_APPROVAL: _approval,
}


# What happens when --------------------------------------------------------------------------------------------------


class Ahead(NamedTuple):
    """A day, and what happens on it."""

    day: date
    text: str


def ahead(case: Case) -> list[Ahead]:
    """What will happen to the case if nobody does anything, by day."""
    return sorted(_ahead(case), key=lambda one: one.day)


def _ahead(case: Case) -> Iterator[Ahead]:
    request, today = case.request, local_date(case.at)
    if not request.closed_at:
        yield Ahead(deadlines.due_on(request, today), _("last day for the answer"))
        if (pause := case.open_pause) is not None:
            if not pause.reminded_at:
                reminded = add_days(local_date(pause.asked_at), LAPSE_REMINDER_DAYS + 1)
                yield Ahead(reminded, _("the person is reminded"))
            yield Ahead(add_days(pause.ends_on, 1), _("the case lapses without an answer"))
        return
    closed = local_date(request.closed_at)
    if any(one.right in PAUSING for one in case.asked):
        ends = closed + timedelta(days=REQUEST_PAUSE_DAYS)
        if ends >= today:
            yield Ahead(ends, _("the rules of retention apply to the person again"))
    yield Ahead(add_days(add_months(closed, EVIDENCE_MONTHS), 1), _("the file of the case is deleted"))
