"""What staff do on the case page: one function for each button, which passes on to the service that decides.

Each gets the request, what was sent, whose hand it is and when; it returns the sentence to show, and raises ValueError
with the reason why it was not done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from django.db import transaction
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.models import Actor
from contacts.filters import search as search_contacts
from contacts.models import Contact
from dsar import answers, correspondence, execution, extensions, identity, matching, outcomes, waiting, workflow
from dsar.case import Case
from dsar.history import note
from dsar.models import Match, Message, RightsRequest
from dsar.models.correspondence import Carrier, MessageKind
from dsar.models.decisions import Decision, RefusalReason
from dsar.models.history import EventKind
from dsar.models.matches import Method
from dsar.rights import procedure_of

Row = TypeVar("Row", Match, Message)
Act = Callable[[RightsRequest, QueryDict, Actor, datetime], str]

ACTS: Final[dict[str, Act]] = {}
APPROVALS: Final = frozenset({"approve", "approve-extension"})
"""What only somebody does who has just proved who they are."""
OUTCOME: Final = ("decision", "ground", "reason", "justification", "until")
"""What is entered about a category of data."""


def act(name: str) -> Callable[[Act], Act]:
    """Register the function behind a button."""

    def register(function: Act) -> Act:
        ACTS[name] = function
        return function

    return register


@act("move")
def move(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Move the case to another status."""
    moved = workflow.move(request.pk, sent.get("to", ""), at, actor=actor, note=sent.get("note", ""))
    return _("Done. The case is now: %(status)s.") % {"status": moved.get_status_display()}


@act("approve")
def approve(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Approve what somebody else prepared."""
    workflow.approve(request.pk, at, actor=actor)
    return _("Approved. The answer leaves as soon as everything is carried out.")


# Who it is ----------------------------------------------------------------------------------------------------------


@act("search")
def search(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Look for the person once more."""
    return _("Searched: %(count)s candidates.") % {"count": matching.search(request.pk, at, actor)}


@act("match")
def match(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Confirm or reject a candidate."""
    found = _own(Match, request, sent.get("match", ""))
    state = sent.get("state", "")
    matching.decide(found.pk, state, at, actor=actor)
    answers.fast_lane_only(request.pk, at, actor=actor)
    return _("Recorded: this is the person.") if state == "confirmed" else _("Recorded: this is somebody else.")


@act("choose")
def choose(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Name the contact by hand."""
    text = sent.get("contact", "").strip()
    found = list(search_contacts(Contact.objects.all(), text)[:2]) if text else []
    if len(found) != 1:
        raise ValueError(_("More than one contact fits.") if found else _("No contact has this reference or address."))
    matching.choose(request.pk, found[0], at, actor=actor)
    answers.fast_lane_only(request.pk, at, actor=actor)
    return _("Recorded: this is the person.")


@act("identity")
def record_identity(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Record a fact that was checked, a call-back or a sign-in."""
    found = _own(Match, request, sent.get("match", ""))
    method = sent.get("method", "")
    if method not in Method:
        raise ValueError(_("Choose how it was checked."))
    identity.record(found, Method(method), sent.get("note", ""), at, actor=actor)
    return _("Recorded.")


@act("code")
def enter_code(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Enter the code the person read out."""
    if not identity.enter_code(request, sent.get("code", ""), at, actor=actor):
        raise ValueError(_("This code is not right, or does not work any more."))
    return _("The code is right: the person controls the address on file.")


@act("remind")
def remind(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Remind the person of our question."""
    waiting.remind(request.pk, at, actor=actor)
    return _("The person is reminded.")


# Deciding -----------------------------------------------------------------------------------------------------------


@act("outcomes")
def decide(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Record the outcomes of one right that were chosen in its table."""
    asked = next((one for one in Case(request, at).to_assess if str(one.pk) == sent.get("asked")), None)
    if asked is None:
        raise ValueError(_("Choose a right of this request."))
    chosen: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for category in procedure_of(asked.right).categories(asked):
        said = [sent.get(f"{category}-{name}") or sent.get(f"all-{name}", "") for name in OUTCOME]
        if said[0] in Decision:
            chosen[tuple(said)].append(category)
    with transaction.atomic():
        for (decision, ground, reason, why, until), categories in chosen.items():
            outcomes.decide(
                asked.pk, categories, decision, at, actor=actor, ground=ground, reason=reason, justification=why,
                keep_until_on=_day(until),
            )  # fmt: skip
    count = sum(map(len, chosen.values()))
    return ngettext("Recorded: %(count)s outcome.", "Recorded: %(count)s outcomes.", count) % {"count": count}


@act("nothing-held")
def nothing_held(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """The answer is that we hold nothing."""
    outcomes.nothing_held(request.pk, at, actor=actor)
    return _("Recorded: we hold nothing about the person.")


@act("refuse-unidentified")
def refuse_unidentified(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Propose to refuse, because nobody proved who they are."""
    reason = sent.get("reason", "")
    outcomes.refuse_unidentified(request.pk, reason, sent.get("justification", ""), at, actor=actor)
    return _("Proposed: %(reason)s. Write the answer; somebody else approves it.") % {
        "reason": RefusalReason(reason).label
    }


@act("extend")
def extend(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Propose two months more."""
    extensions.propose(request.pk, sent.get("note", ""), at, actor=actor)
    return _("Proposed. Somebody else approves it, and then the person is told.")


@act("approve-extension")
def approve_extension(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Approve two months more."""
    extensions.approve(request.pk, at, actor=actor)
    return _("An extension has been approved: it counts once its notice has left.")


# Carrying out -------------------------------------------------------------------------------------------------------


@act("step")
def step(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Do a step by hand, try a failed one again, or explain why it stays undone."""
    task = next((one for one in Case(request, at).tasks if str(one.pk) == sent.get("task")), None)
    if task is None:
        raise ValueError(_("Choose a step of this request."))
    text, how = sent.get("note", ""), sent.get("how", "")
    if how == "retry":
        execution.retry(task.pk, at, actor)
    elif how == "explain":
        execution.explain(task.pk, text, at, actor)
    else:
        execution.done_by_hand(task.pk, text, at, actor)
    workflow.release_answer(RightsRequest.objects.get(pk=request.pk), at)
    return _("Recorded.")


# Writing ------------------------------------------------------------------------------------------------------------


@act("draft")
def draft(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Write the answer from what was decided."""
    answers.draft(request.pk, at, actor=actor)
    return _("The answer is written. Read it before it leaves.")


@act("send")
def send(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Let the answer leave."""
    answers.send(request.pk, at, actor=actor)
    return _("The answer leaves now; the case closes when the mail server has taken it.")


@act("posted")
def posted(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """A letter on paper was posted."""
    answers.posted(_own(Message, request, sent.get("message", "")).pk, at, actor=actor)
    return _("Recorded: the letter has been posted.")


@act("again")
def send_again(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Send once more what did not leave."""
    correspondence.again(_own(Message, request, sent.get("message", "")))
    return _("It is sent once more.")


@act("file")
def file_message(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """File what the person wrote or said."""
    text, carrier = sent.get("text", "").strip(), sent.get("carrier", "")
    if not text or carrier not in Carrier:
        raise ValueError(_("Write down what the person wrote or said, and how it came."))
    correspondence.receive(request, text, Carrier(carrier), at, actor, kind=MessageKind.OTHER)
    note(request, EventKind.MESSAGE, at, actor, subject="received")
    return _("Filed.")


def _own(model: type[Row], request: RightsRequest, key: str) -> Row:
    """A row of this very case. Raises ValueError for any other."""
    try:
        return model._base_manager.get(pk=UUID(key), request=request)
    except (ValueError, model.DoesNotExist):
        raise ValueError(_("This does not belong to the case any more. Please look again.")) from None


def _day(text: str) -> date | None:
    """A day from a date field; None when it is empty. Raises ValueError for what is no day."""
    return parse_date(text) if text else None
