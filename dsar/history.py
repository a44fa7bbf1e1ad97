"""Writing the history of a case: one line for everything that happens to it."""

from __future__ import annotations

from datetime import datetime

from config.models import Actor
from dsar.models import CaseEvent, RightsRequest
from dsar.models.history import EventKind


def note(
    request: RightsRequest,
    kind: EventKind,
    at: datetime,
    actor: Actor,
    *,
    subject: str = "",
    text: str = "",
    moved: tuple[str, str] = ("", ""),
) -> CaseEvent:
    """Append one line at the moment `at` (aware). `subject` is a code, `text` what was said, `moved` from and to."""
    return CaseEvent.objects.create(
        request=request,
        at=at,
        kind=kind,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        subject=subject,
        note=text,
        from_status=moved[0],
        to_status=moved[1],
    )
