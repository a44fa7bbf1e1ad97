"""Whom a right is about: the records that staff confirmed to be the person's."""

from __future__ import annotations

from contacts.models import Contact
from dsar.models import AskedRight, Match
from dsar.models.matches import MatchState


def confirmed(asked: AskedRight) -> list[Contact]:
    """The records that are the person's, those still here."""
    mine = Match.objects.filter(request=asked.request_id, state=MatchState.CONFIRMED, contact__isnull=False)
    return list(Contact.objects.filter(pk__in=mine.values("contact")).select_related("subsidiary").order_by("pk"))
