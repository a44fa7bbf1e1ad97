"""Dealings with a supervisory authority about a case (S138, S139; Art. 58, 77): opened, answered, closed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from config.models import Actor
from dsar import letters
from dsar.history import note
from dsar.models import AuthorityMatter, Message, RightsRequest
from dsar.models.correspondence import Carrier, Direction, MessageKind, MessageState
from dsar.models.history import EventKind


def begin(
    request: RightsRequest,
    authority: str,
    at: datetime,
    actor: Actor,
    *,
    their_reference: str = "",
    answer_by_on: date | None = None,
    about: str = "",
) -> AuthorityMatter:
    """Open a matter. A closed case may have one too: complaints come after answers. Raises ValueError if unnamed."""
    if not authority.strip():
        raise ValueError(_("Name the authority."))
    with transaction.atomic():
        matter = AuthorityMatter.objects.create(
            request=request,
            authority=authority.strip(),
            their_reference=their_reference.strip(),
            opened_at=at,
            answer_by_on=answer_by_on,
            note=about.strip(),
        )
        note(request, EventKind.AUTHORITY, at, actor, subject="opened")
    return matter


def file(
    matter: AuthorityMatter,
    text: str,
    at: datetime,
    actor: Actor,
    *,
    direction: Direction,
    subject: str,
    carrier: Carrier,
) -> Message:
    """File what the authority wrote, or what we wrote to it; `at` is when. Raises ValueError when it is empty."""
    if not text.strip():
        raise ValueError(_("Enter the text, or say what the attached file is."))
    with transaction.atomic():
        with letters.speaking(matter.request) as language:
            message = Message.objects.create(
                request=matter.request,
                round=matter.request.round,
                direction=direction,
                kind=MessageKind.AUTHORITY,
                carrier=carrier,
                matter=matter,
                language=language,
                subject=subject.strip()[:200],
                body=text.strip(),
                state=MessageState.FILED,
                created_at=at,
                sent_at=at,
                author_id=actor.user_id,
            )
        note(
            matter.request,
            EventKind.AUTHORITY,
            at,
            actor,
            subject="wrote" if direction == Direction.IN else "written to",
        )
    return message


def end(matter: AuthorityMatter, at: datetime, actor: Actor) -> None:
    """The authority closed the matter. Raises ValueError when it is closed already."""
    with transaction.atomic():
        if not AuthorityMatter.objects.filter(pk=matter.pk, closed_at__isnull=True).update(closed_at=at):
            raise ValueError(_("This matter is closed already."))
        note(matter.request, EventKind.AUTHORITY, at, actor, subject="closed")
