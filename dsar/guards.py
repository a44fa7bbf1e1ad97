"""Why a case may not move: each guard looks at the case and gives the sentence that says what is missing, or ""."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.dates import local_date
from dsar import delivery, execution
from dsar.case import Case
from dsar.models.correspondence import Carrier
from dsar.models.decisions import WITHOUT_IDENTITY
from dsar.models.requests import Status
from dsar.rights import procedure_of

REFUSING_PARTS = frozenset({"reason", "complaint", "remedy"})
"""What the letter of a refusal must contain (Art. 12(4))."""


def candidates_are_decided(case: Case) -> str:
    """Somebody has looked at every candidate."""
    if case.request.matched_at is None:
        return _("The register has not been searched yet. This takes a minute after a request came in.")
    count = len(case.undecided)
    if not count:
        return ""
    text = ngettext("Decide about %(count)s candidate first.", "Decide about %(count)s candidates first.", count)
    return text % {"count": count}


def identity_is_proven(case: Case) -> str:
    """We are as sure who asks as the rights need."""
    if case.level >= case.required_level:
        return ""
    return _("Identity: level %(required)s is needed (%(label)s), and level %(level)s is reached.") % {
        "required": int(case.required_level),
        "label": case.required_level.label,
        "level": int(case.level),
    }


def identity_is_in_doubt(case: Case) -> str:
    """Nobody is asked to identify themselves again."""
    if case.level >= case.required_level:
        return _("The person is identified as well as the rights asked for need; asking more would be excessive.")
    return ""


def only_the_fast_lane(case: Case) -> str:
    """Nothing in the request needs an assessment."""
    return _("The request asks for rights that must be assessed first.") if case.to_assess else ""


def fast_lane_is_done(case: Case) -> str:
    """Objections to marketing and withdrawals have been carried out, or we hold nothing that they could end."""
    if case.request.nothing_held or all(one.done_at for one in case.fast):
        return ""
    return _("An objection to marketing or a withdrawal is still to be carried out: confirm who the person is.")


def every_outcome_is_chosen(case: Case) -> str:
    """Each right has an outcome for every category of data that it can concern."""
    if case.request.nothing_held:
        return ""
    for asked in case.to_assess:
        decided = {one.category for one in case.outcomes_of(asked)}
        missing = [one for one in procedure_of(asked.right).categories(asked) if one not in decided]
        if missing:
            text = ngettext(
                "%(right)s: %(count)s category has no outcome yet.",
                "%(right)s: %(count)s categories have no outcome yet.",
                len(missing),
            )
            return text % {"right": asked, "count": len(missing)}
    return ""


def something_is_granted(case: Case) -> str:
    """There is something to carry out, or the answer is that we hold nothing."""
    if case.grants or not case.refusals:
        return ""
    return _("Everything is refused: send the proposal for approval instead.")


def everything_is_refused(case: Case) -> str:
    """Nothing is to be carried out before the approval."""
    if case.refusals and not case.grants:
        return ""
    return _("Only a proposal to refuse everything goes straight to approval; carry out what is granted first.")


def steps_are_over(case: Case) -> str:
    """Every execution task is done, or failed and explained."""
    return _not_done(len(case.unfinished))


def steps_before_approval_are_over(case: Case) -> str:
    """The same for all that does not wait for the second person."""
    return _not_done(len(case.due_before_approval))


def _not_done(count: int) -> str:
    if not count:
        return ""
    text = ngettext("%(count)s step is not done yet.", "%(count)s steps are not done yet.", count)
    return text % {"count": count}


def recipients_are_told(case: Case) -> str:
    """Every recipient knows what the case has changed already, however it ends (Art. 19)."""
    count = case.owed_notices
    if not count:
        return ""
    text = ngettext(
        "%(count)s notice to a recipient has not been given yet (Art. 19).",
        "%(count)s notices to recipients have not been given yet (Art. 19).",
        count,
    )
    return text % {"count": count}


def needs_second_person(case: Case) -> str:
    """The case is one that a second person looks at."""
    if case.needs_four_eyes:
        return ""
    return _("Nothing in this case needs approval: send the answer.")


def needs_nobody_else(case: Case) -> str:
    """Nothing is refused and nothing erased."""
    return _("A refusal or an erasure needs the approval of a second person.") if case.needs_four_eyes else ""


def is_approved(case: Case) -> str:
    """Somebody else than whoever prepared it has approved."""
    return "" if case.request.approved_by else _("A second person has to approve this first.")


def answer_is_sent(case: Case) -> str:
    """The answer has left the house."""
    return "" if case.request.answered_at else _("The answer has not been sent yet.")


def answer_is_not_sent(case: Case) -> str:
    """The answer has not left the house."""
    return _("The answer has been sent already.") if case.request.answered_at else ""


def nothing_is_irrevocable(case: Case) -> str:
    """Nothing that waited for the approval has been carried out."""
    return str(execution.IRREVOCABLE) if any(one.is_irrevocable for one in case.tasks) else ""


def letter_is_complete(case: Case) -> str:
    """The answer to a refusal names the reason, the way to complain and the court (Art. 12(4))."""
    if case.answer and not _names_packages(case):
        return _("Write the answer anew: the link to the package is missing or out of date.")
    if not case.refusals:
        return ""
    parts = set(case.answer.parts.split()) if case.answer else set()
    if parts >= REFUSING_PARTS:
        return ""
    return _("The letter must name the reason, the supervisory authority and the court (Art. 12(4)).")


def _names_packages(case: Case) -> bool:
    """Whether a mailed answer has the link to each package that was built; on paper the package is enclosed."""
    if case.answer is None or case.answer.carrier != Carrier.EMAIL:
        return True
    packages = (one for one in case.deliveries if one.round == case.request.round and one.ended_at is None)
    return all(delivery.link(one) in case.answer.body for one in packages)


def ends_as_decided(status: Status) -> Callable[[Case], str]:
    """A guard: the outcomes lead to this status and to no other."""

    def guard(case: Case) -> str:
        if case.destination == status:
            return ""
        return _("By its outcomes this case ends as: %(status)s.") % {"status": case.destination.label}

    return guard


def refused_for_identity(case: Case) -> str:
    """All that is decided is a refusal because nobody proved who they are."""
    if case.refusals and not case.grants and all(one.reason in WITHOUT_IDENTITY for one in case.refusals):
        return ""
    return _("Record first that the identity was not proven, or that fraud is suspected, with the justification.")


def was_reminded(case: Case) -> str:
    """The person was asked a second time."""
    pause = case.open_pause
    return "" if pause and pause.reminded_at else _("Remind the person first.")


def waited_long_enough(case: Case) -> str:
    """Ninety days have gone by since the question, and thirty since the reminder."""
    pause = case.open_pause
    if pause is None:
        return _("Nothing was asked.")
    if local_date(case.at) > pause.ends_on:
        return ""
    return _("The person has until %(day)s to answer.") % {"day": date_format(pause.ends_on, "SHORT_DATE_FORMAT")}
