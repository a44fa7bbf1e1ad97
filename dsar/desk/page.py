"""Everything the page of a case shows, read once; the rules are asked, and nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery

from config.dates import local_date
from config.models import Actor, User
from dsar import answers, counted, deadlines, extensions, guards, matching, matrix, reports, workflow
from dsar.case import Case
from dsar.deadlines import Light
from dsar.desk.advice import advice, ahead
from dsar.desk.words import sentence
from dsar.models import AskedRight, CaseEvent, Requester
from dsar.models.correspondence import Carrier, MessageState
from dsar.models.decisions import WITHOUT_IDENTITY, Decision, RefusalReason
from dsar.models.matches import Method
from dsar.models.requests import FINAL, Status
from dsar.rights import packing, procedure_of


def context(case: Case, actor: Actor, *, may_act: bool) -> dict[str, Any]:
    """What the template is filled with, for whoever looks."""
    case.read_for_page()
    request, on = case.request, local_date(case.at)
    return {
        "case": case,
        "may_act": may_act,
        "advice": advice(case),
        "ahead": ahead(case),
        "due": deadlines.due_on(request, on),
        "days_left": (deadlines.due_on(request, on) - on).days,
        "light": Light(deadlines.light(request, on)),
        "ways": list(_ways(case)) if may_act else [],
        "may_search": may_act and matching.may_decide(request),
        **_who(case),
        **_deciding(case),
        **_carrying_out(case, actor),
        "events": list(_events(case)),
        "messages_of_case": [
            (one, [file for file in case.files if file.message_id == one.pk]) for one in case.messages
        ],
        "carriers": Carrier.choices,
        "matters": case.matters,
    }


def _ways(case: Case) -> Iterable[dict[str, Any]]:
    """The ways out, without those of a case that asks for something else, or ends another way.

    What could not be carried out at once, because nobody fits, is assessed: the answer may be that we hold nothing.
    """
    fast = not case.to_assess and not guards.fast_lane_is_done(case)
    for to, step, why_not in workflow.ways(case):
        if case.request.status == Status.RECEIVED and to == (Status.IN_ASSESSMENT if fast else Status.IN_PROGRESS):
            continue
        if case.request.status == Status.AWAITING_APPROVAL and to in reports.DECIDED and to != case.destination:
            continue
        aside = to in FINAL or (bool(step.note) and case.request.status != Status.AWAITING_CLARIFICATION)
        yield {"to": to, "title": step.title, "note": step.note, "why_not": why_not, "aside": aside}


def _who(case: Case) -> dict[str, Any]:
    """Candidates with what agrees, and what was done to identify the person."""
    requester = Requester.objects.filter(request=case.request).first()
    return {
        "requester": requester,
        "candidates": [
            {
                "match": one,
                "signals": matching.signals_of(one),
                "restricted": [other for other in case.mistaken if other.contact_id == one.contact_id],
            }
            for one in case.matches
        ],
        "level_missing": guards.identity_is_proven(case),
        "checks": case.checks,
        "code_is_out": any(one.passed_at is None for one in case.checks),
        "methods": [choice for choice in Method.choices if choice[0] not in (Method.LINK, Method.CODE)],
        "former": matching.was_erased(requester) if requester else None,
    }


def _deciding(case: Case) -> dict[str, Any]:
    """The matrix of what really rests on which basis, and a table of categories for each right."""
    people = [one.contact_id for one in case.confirmed if one.contact_id]
    rights = [one.right for one in case.asked]
    return {
        "matrix": matrix.rows(rights, people, case.at),
        "assessing": case.request.status == Status.IN_ASSESSMENT,
        "tables": [_table(case, asked) for asked in case.to_assess],
        "decisions": Decision.choices,
        "reasons": RefusalReason.choices,
        "identity_reasons": [(one.value, one.label) for one in WITHOUT_IDENTITY],
    }


def _table(case: Case, asked: AskedRight) -> dict[str, Any]:
    decided = {one.category: one for one in case.outcomes_of(asked)}
    procedure = procedure_of(asked.right)
    return {
        "asked": asked,
        "preview": list(procedure.preview(asked, case.at)) if case.request.is_open else [],
        "has_contents_page": packing(asked) is not None and bool(case.confirmed),
        "grounds": [(one.value, one.label) for one in procedure.grounds],
        "categories": [(one, decided.get(one)) for one in procedure.categories(asked)],
    }


def _carrying_out(case: Case, actor: Actor) -> dict[str, Any]:
    """Steps, the answer, the approval and the extension, each with the reason why it is not possible."""
    request = case.request
    proposal = next((one for one in case.extensions if one.approved_at is None), None)
    granted = next((one for one in case.extensions if one.approved_at is not None), None)
    return {
        "tasks": [
            (one, procedure_of(one.asked.right).title_of(one), list(counted.in_words(one.result))) for one in case.tasks
        ],
        "may_not_send": answers.may_not_send(case),
        "may_not_approve": workflow.may_not_approve(case, actor),
        "may_draft": answers.may_write(case) and not request.approved_by and not request.answered_at,
        "waits_for_approval": request.status == Status.AWAITING_APPROVAL
        or (request.status == Status.AWAITING_IDENTITY and not guards.refused_for_identity(case)),
        "failed_states": (MessageState.FAILED, MessageState.SENDING),
        "proposal": proposal,
        "extension": granted,
        "may_not_extend": extensions.not_possible(request, case.at, case.extensions),
        "may_not_approve_extension": extensions.may_not_approve(request, proposal, case.at, actor) if proposal else "",
        "extended_due": deadlines.due_on_of(request.clock_on, extended=True, credited_days=request.credited_days),
    }


def _events(case: Case) -> Iterable[dict[str, Any]]:
    """The history, newest first, with who did it in words."""
    names = User.objects.filter(pk=OuterRef("actor_id")).values("username")
    events: Any = CaseEvent.objects.filter(request=case.request).annotate(account=Subquery(names))
    for event in events.order_by("-id"):
        yield {
            "at": event.at,
            "what": sentence(event),
            "by": event.account or event.get_actor_kind_display(),
            "note": event.note,
        }
