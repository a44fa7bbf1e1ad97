"""What was decided about one contact, as the panels of its page share it: each kind is read once, the newest first."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

from config.panels import once
from consent.models import Consent, Notice, Objection, Restriction
from contacts.models import Contact

NEWEST: Final = 50


def consents_of(request: HttpRequest, contact: Contact) -> list[Consent]:
    """Consent events."""
    return once(request, _consents, contact)


def objections_of(request: HttpRequest, contact: Contact) -> list[Objection]:
    """Objections, with how each was weighed."""
    return once(request, _objections, contact)


def restrictions_of(request: HttpRequest, contact: Contact) -> list[Restriction]:
    """Restrictions, lifted ones too."""
    return once(request, _restrictions, contact)


def notices_of(request: HttpRequest, contact: Contact) -> list[Notice]:
    """What the person was told."""
    return once(request, _notices, contact)


def _consents(contact: Contact) -> list[Consent]:
    return list(contact.consents.all()[:NEWEST])


def _objections(contact: Contact) -> list[Objection]:
    return list(contact.objections.select_related("balancing")[:NEWEST])


def _restrictions(contact: Contact) -> list[Restriction]:
    return list(contact.restrictions.all())


def _notices(contact: Contact) -> list[Notice]:
    return list(contact.notices.select_related("policy")[:NEWEST])


__all__ = ["consents_of", "notices_of", "objections_of", "restrictions_of"]
