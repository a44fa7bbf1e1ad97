"""What staff do for one right on the case page: corrections, redactions, packages, letters, lifting, authorities."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from config.models import Actor
from consent.restrictions import DROP
from dsar import authority, execution, replies
from dsar.desk.acts import act
from dsar.history import note
from dsar.models import AskedRight, AuthorityMatter, Correction, ExecutionTask, Match, Message, Redaction, RightsRequest
from dsar.models.correspondence import Carrier, Direction
from dsar.models.history import EventKind
from dsar.models.requests import Right
from dsar.rights import portability, rectification, restriction

Row = TypeVar("Row", bound=Model)


@act("edit-answer")
def edit_answer(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Change the text of the answer while it is a draft."""
    message = _of(Message, request, sent.get("message", ""), "request")
    replies.edit(message.pk, sent.get("subject", ""), sent.get("body", ""), at, actor=actor)
    return _("The answer is changed.")


# Corrections ----------------------------------------------------------------------------------------------------------


@act("correction")
def correction(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Note down what a field must say."""
    match = _of(Match, request, sent.get("match", ""), "request")
    rectification.propose(match, sent.get("field", ""), sent.get("value", ""), at, actor=actor)
    return _("Noted. It is corrected when the case is carried out.")


@act("drop-correction")
def drop_correction(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Take back a correction that has not been carried out."""
    found = _of(Correction, request, sent.get("correction", ""), "asked__request")
    if found.applied_at is not None or rectification.begun(found.asked):
        raise ValueError(_("This correction is being carried out already."))
    found.delete()
    return _("Taken back.")


# Packages -------------------------------------------------------------------------------------------------------------


@act("redact")
def redact(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Black out words about somebody else, with the reason."""
    asked = _right(request, Right.ACCESS)
    words, why = " ".join(sent.get("words", "").split()), sent.get("why", "").strip()
    if not words or not why:
        raise ValueError(_("Enter the words, and why they are blacked out: the person is told the reason."))
    Redaction.objects.get_or_create(
        asked=asked, words=words[:200], defaults={"why": why[:300], "added_at": at, "added_by": actor.user_id}
    )
    note(request, EventKind.PACKAGE, at, actor, subject="redaction")
    return _("Noted. A package that has been built already must be built anew.")


@act("drop-redaction")
def drop_redaction(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Words are not blacked out after all."""
    _of(Redaction, request, sent.get("redaction", ""), "asked__request").delete()
    return _("Taken back.")


@act("package-again")
def package_again(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Build a package anew before the answer leaves."""
    task = _of(ExecutionTask, request, sent.get("task", ""), "asked__request")
    execution.again(task.pk, at, actor)
    return _("The package is built anew. Then write the answer anew: its link changes.")


@act("transmit")
def transmit(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """The person wants the data sent to another controller."""
    portability.to_transmit(_right(request, Right.PORTABILITY), sent.get("to", ""), at, actor=actor)
    return _("Noted as a step: record there how the data was sent.")


# Restriction, authority -----------------------------------------------------------------------------------------------


@act("announce-lifting")
def announce_lifting(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Tell the person before a restriction is lifted."""
    restriction.announce(_uuid(sent.get("restriction", "")), request, at, actor=actor, why=sent.get("why", ""))
    return _("The person is told. Lift the restriction once the notice has left.")


@act("lift")
def lift(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Lift a restriction the person was told about."""
    take_in = sent.get("stored_aside") != DROP
    restriction.lift(_uuid(sent.get("restriction", "")), request, at, actor=actor, take_in=take_in)
    return _("The restriction is lifted.")


@act("authority")
def begin_matter(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """Note that an authority is concerned with the case."""
    authority.begin(
        request,
        sent.get("authority", "")[:200],
        at,
        actor,
        their_reference=sent.get("reference", "")[:100],
        answer_by_on=parse_date(sent.get("until", "")),
        about=sent.get("note", ""),
    )
    return _("Noted.")


@act("authority-file")
def file_with_matter(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """File what the authority wrote, or what we wrote to it."""
    matter = _of(AuthorityMatter, request, sent.get("matter", ""), "request")
    direction = Direction.OUT if sent.get("direction") == Direction.OUT else Direction.IN
    text, subject = sent.get("text", ""), sent.get("subject", "")
    authority.file(matter, text, at, actor, direction=direction, subject=subject, carrier=Carrier.LETTER)
    return _("Filed.")


@act("authority-closed")
def end_matter(request: RightsRequest, sent: QueryDict, actor: Actor, at: datetime) -> str:
    """The authority's matter is over."""
    authority.end(_of(AuthorityMatter, request, sent.get("matter", ""), "request"), at, actor)
    return _("Noted.")


def _of(model: type[Row], request: RightsRequest, key: str, path: str) -> Row:
    """A row of this very case; `path` leads from it to the request. Raises ValueError for any other."""
    found = model._base_manager.filter(pk=_uuid(key), **{path: request}).first()
    if found is None:
        raise ValueError(_("This does not belong to the case any more. Please look again."))
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(_("This does not belong to the case any more. Please look again.")) from None


def _right(request: RightsRequest, right: Right) -> AskedRight:
    found = AskedRight.objects.filter(request=request, right=right).select_related("request").first()
    if found is None:
        raise ValueError(_("The person does not ask for this right."))
    return found
