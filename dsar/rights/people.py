"""Whom a right is about: the records that staff confirmed to be the person's; and what was decided about it."""

from __future__ import annotations

from contacts.models import Contact
from dsar.models import AskedRight, Match, Outcome
from dsar.models.matches import MatchState


def confirmed(asked: AskedRight) -> list[Contact]:
    """The records that are the person's, those still here."""
    if asked.people is not None:
        return asked.people
    mine = Match.objects.filter(request=asked.request_id, state=MatchState.CONFIRMED, contact__isnull=False)
    return list(Contact.objects.filter(pk__in=mine.values("contact")).select_related("subsidiary").order_by("pk"))


def was_known(asked: AskedRight) -> bool:
    """Whether anybody was confirmed to be the person, here still or erased since."""
    return Match.objects.filter(request=asked.request_id, state=MatchState.CONFIRMED).exists()


def decided(asked: AskedRight) -> list[Outcome]:
    """What was decided about it, for each category of data."""
    return list(Outcome.objects.filter(asked=asked)) if asked.decided is None else asked.decided
