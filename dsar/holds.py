"""The holds of a request (E30): while it is open both rules leave alone whoever it may be about."""

from __future__ import annotations

from datetime import date, datetime

from config.models import Actor
from contacts.models import Contact
from dsar.models import AskedRight, Match, RightsRequest
from dsar.models.matches import MatchState
from dsar.models.requests import PAUSING
from retention import holding
from retention.models import Hold
from retention.models.holds import HoldKind

LIKELY = 50
"""A candidate with this score is kept until staff have decided."""


def place(request: RightsRequest, at: datetime, actor: Actor) -> int:
    """Hold everybody whom an open request may be about and who is not held yet; returns how many.

    Only the rights that a deletion would empty hold anybody: an erasure (E31) and the fast lane (E32) do not.
    """
    asked = AskedRight.objects.filter(request=request, right__in=PAUSING, done_at__isnull=True)
    if not request.is_open or not asked.exists():
        return 0
    placed = 0
    for match in Match.objects.filter(request=request, contact__isnull=False, hold_id__isnull=True):
        likely = match.state == MatchState.OPEN and match.score >= LIKELY
        contact = Contact.objects.filter(request_matches=match).first()
        if contact is not None and (likely or match.state == MatchState.CONFIRMED):
            hold = holding.pause(contact, request.reference, actor, at)
            Match.objects.filter(pk=match.pk).update(hold_id=hold.pk)
            placed += 1
    return placed


def release(match: Match, at: datetime, actor: Actor) -> None:
    """Somebody else than the person is held no longer."""
    for hold in Hold.objects.filter(pk__in=[match.hold_id]):
        holding.release(hold, actor, at)
    Match.objects.filter(pk=match.pk).update(hold_id=None)


def end(request: RightsRequest, closed_on: date, actor: Actor) -> None:
    """The case was closed on that day: its holds run out 30 days later, those too that came by a merge."""
    mine = Hold.objects.filter(kind=HoldKind.REQUEST, matter=request.reference, released_at__isnull=True)
    for hold in mine.filter(until_on__isnull=True):
        holding.end_pause(hold, closed_on, actor)
    Match.objects.filter(request=request).update(hold_id=None)
