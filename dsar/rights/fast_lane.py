"""Objection to marketing and withdrawal of consent: absolute, and carried out where they come in (Art. 21(3), 7(3))."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from config.models import Actor
from consent import consents, objections, suppression
from consent.models import Consent
from consent.models.consents import Channel
from consent.models.suppression import Authority, Identifier, SuppressionReason
from contacts.identity import clean_phone, email_key
from contacts.models import Contact
from dsar.history import note
from dsar.models import AskedRight, Match, RightsRequest
from dsar.models.decisions import DataCategory
from dsar.models.history import EventKind
from dsar.models.matches import Level, MatchState
from dsar.models.requests import FAST_LANE, Right
from dsar.rights.procedures import Procedure, Step, register

METHOD = "rights request"


class FastLane(Procedure):
    """Nothing to weigh, nothing to decide, and no step left when the case is looked at."""

    level = Level.NONE

    def categories(self, asked: AskedRight) -> Sequence[DataCategory]:
        """None: the right is absolute."""
        return ()

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """None: it is carried out where it comes in."""
        return ()


@register(Right.MARKETING_OBJECTION)
class MarketingObjection(FastLane):
    """Out of the marketing register, onto the suppression list."""

    def preview(self, asked: AskedRight, at: datetime) -> Iterable[str]:
        """What happens at once."""
        yield _("The person leaves the marketing register, and the address goes onto the suppression list.")


@register(Right.WITHDRAWAL)
class Withdrawal(FastLane):
    """Every consent it covers ends."""

    def preview(self, asked: AskedRight, at: datetime) -> Iterable[str]:
        """What happens at once."""
        yield _("Every consent that the withdrawal covers ends at once.")


def carry_out(request: RightsRequest, at: datetime, actor: Actor) -> int:
    """Heed what the request asks in the fast lane for everybody confirmed to be the person; returns how many rights.

    Runs in the caller's transaction, the one that takes the request in or confirms the person. An objection also
    suppresses the address it came from, known or not. Nobody is heeded twice: another contact that turns out to be the
    same person is covered by the next call, and only that one.
    """
    fresh = Match.objects.filter(request=request, state=MatchState.CONFIRMED, heeded_at__isnull=True)
    contacts = list(Contact.objects.filter(request_matches__in=fresh).order_by("pk").values_list("pk", flat=True))
    done = 0
    for asked in AskedRight.objects.filter(request=request, right__in=FAST_LANE):
        suppressed = asked.right == Right.MARKETING_OBJECTION and asked.done_at is None and _suppress(asked, at)
        for contact in contacts:
            _heed(asked, contact, at, actor)
        if asked.done_at is None and (contacts or suppressed):
            asked.done_at = at
            asked.save(update_fields=["done_at"])
            note(request, EventKind.EXECUTED, at, actor, subject=asked.right)
            done += 1
    fresh.filter(contact__in=contacts).update(heeded_at=at)
    return done


def _heed(asked: AskedRight, contact: UUID, at: datetime, actor: Actor) -> None:
    if asked.right == Right.MARKETING_OBJECTION:
        objections.to_marketing(contact, at, method=METHOD, actor=actor, purpose=asked.purpose, channel=asked.channel)
        return
    known = Consent.objects.filter(contact=contact).order_by()
    if asked.purpose:
        known = known.filter(purpose=asked.purpose)
    if asked.channel:
        known = known.filter(channel=asked.channel)
    for purpose, channel in set(known.values_list("purpose", "channel")):
        consents.withdraw(contact, purpose, channel, at, method=METHOD, actor=actor)


def _suppress(asked: AskedRight, at: datetime) -> bool:
    """The address and the number the objection came from go onto the list, whoever has them."""
    requester = getattr(asked.request, "requester", None)
    if requester is None:
        return False
    phone = clean_phone(requester.phone, "FI") if asked.channel in ("", Channel.PHONE) else ""
    address = email_key(requester.email) if requester.email else ""
    for text, identifier in ((address, Identifier.EMAIL), (phone, Identifier.PHONE)):
        if text:
            suppression.add(
                text,
                SuppressionReason.OBJECTION,
                Authority.PERSON,
                at,
                identifier=identifier,
                purpose=asked.purpose,
                channel=asked.channel,
            )
    return bool(address or phone)
