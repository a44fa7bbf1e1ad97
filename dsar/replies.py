"""The answer to a request: one letter over all its rights, by right and outcome, in the person's language (Art. 12).

The texts are whole templates in each language, under `templates/dsar/answers/`: German in the policy's own words. They
are filled, shown, and edited while they are drafts; what a refusal must say is looked for in the text that leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from config.models import Actor, Controller
from config.policy.periods import BACKUP_DAYS
from contacts.models import Contact
from dsar import correspondence, delivery, letters
from dsar.case import Case
from dsar.history import note
from dsar.letters import Letter
from dsar.models import AskedRight, Message, Outcome
from dsar.models.correspondence import MessageKind, MessageState
from dsar.models.decisions import Decision
from dsar.models.history import EventKind
from dsar.package import outside
from dsar.rights.rectification import named
from dsar.workflow import NotAllowedError, locked

COURT: Final = {"en": "before a court", "de": "vor Gericht", "fi": "tuomioistuimen"}
"""The words by which the court is named in each language."""


def answer(case: Case) -> Letter:
    """The letter as the case was decided; of a refusal with reason, complaint and court (Art. 12(4))."""
    controller, refused = Controller.objects.get(), list(case.refusals)
    with letters.speaking(case.request) as language:
        context = {
            "case": case.request,
            "controller": controller,
            "name": _name(case),
            "rights": [{"text": _about(case, asked, language)} for asked in case.asked],
            "refused": refused,
            "reasons": [_reason(one, language) for one in refused],
        }
        text = render_to_string(f"dsar/answers/{language}/frame.txt", context).strip()
    subject, _line, body = text.partition("\n")
    body = body.strip() + "\n"
    return Letter(subject.strip(), body, language, tuple(parts_in(case, body, language)))


def _name(case: Case) -> str:
    """Whom the letter greets: the requester, else the person on file."""
    requester = getattr(case.request, "requester", None)
    known = [one.contact.full_name for one in case.confirmed if one.contact]
    return requester.name if requester and requester.name else (known[0] if known else "")


def _about(case: Case, asked: AskedRight, language: str) -> str:
    """The paragraph about one right."""
    outcomes = case.outcomes_of(asked)
    refused = [one for one in outcomes if one.decision == Decision.REFUSED]
    package = delivery.open_of(asked) if _goes_by_mail(case) else None  # on paper it is enclosed
    context: dict[str, Any] = {
        "asked": asked,
        "granted": [one for one in outcomes if one.decision == Decision.GRANTED],
        "refused": refused,
        "refused_names": ", ".join(str(one.get_category_display()) for one in refused),
        "link": delivery.link(package) if package else "",
        "corrections": list(_corrections(asked)),
        "recipients": _told(case),
        "backup_days": BACKUP_DAYS,
    }
    return render_to_string(f"dsar/answers/{language}/{asked.right}.txt", context)


def _goes_by_mail(case: Case) -> bool:
    """Whether there is an address that the answer may go to."""
    return bool(correspondence.address_of(Message(request=case.request, kind=MessageKind.ANSWER)))


def _corrections(asked: AskedRight) -> Iterator[dict[str, str]]:
    names = {one.name: str(one.verbose_name) for one in Contact._meta.local_concrete_fields}
    for one in asked.corrections.filter(applied_at__isnull=False):
        before, after = named(one.field, one.before), named(one.field, one.after)
        yield {"name": names[one.field], "before": before, "after": after}


def _told(case: Case) -> str:
    """The recipients by name: the person may ask who they are (Art. 19)."""
    people = [one.contact for one in case.confirmed if one.contact]
    return ", ".join(sorted(set(outside.recipients(people).values())))


def _reason(outcome: Outcome, language: str) -> str:
    """Why one category was refused: the reason in words, and what staff wrote."""
    reason = render_to_string(f"dsar/answers/{language}/reason.txt", {"one": outcome}).strip()
    return f"{outcome.get_category_display()}: {reason} {outcome.justification}"


def parts_in(case: Case, body: str, language: str) -> Iterator[str]:
    """Which of the paragraphs that a refusal must have stand in a text: looked for, whoever wrote it (Art. 12(4))."""
    controller = Controller.objects.get()
    if case.refusals and all(one.justification in body for one in case.refusals):
        yield "reason"
    if controller.authority_name in body and controller.authority_url in body:
        yield "complaint"
    if COURT.get(language, COURT["en"]) in body:
        yield "remedy"


def edit(message: UUID, subject: str, body: str, at: datetime, *, actor: Actor) -> Message:
    """Staff change the draft of an answer. Raises NotAllowedError once it is approved or has left, and when empty.

    A refusal that loses its reasons, the authority or the court in the process cannot leave.
    """
    with transaction.atomic():
        found = Message.objects.select_related("request").get(pk=message, kind=MessageKind.ANSWER)
        case = Case(locked(found.request_id), at)
        if found.state != MessageState.DRAFT or case.request.approved_by:
            raise NotAllowedError(_("The answer has been approved or sent already."))
        if not subject.strip() or not body.strip():
            raise NotAllowedError(_("A letter has a subject and a text."))
        found.subject, found.body = " ".join(subject.split())[:200], body.strip().replace("\r\n", "\n") + "\n"
        found.parts = " ".join(parts_in(case, found.body, found.language))
        found.author_id = actor.user_id
        found.save(update_fields=["subject", "body", "parts", "author_id"])
        if actor.user_id and case.request.prepared_by:
            case.request.prepared_by = actor.user_id
            case.request.save(update_fields=["prepared_by"])
        note(case.request, EventKind.MESSAGE, at, actor, subject="answer edited")
    return found
