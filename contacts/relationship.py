"""The business relationship a contact stands in through an organisation (S7, S8, S96): one home for "is a customer"."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from contacts.models import Affiliation, Agreement


def counted(on: date) -> Q:
    """The agreement exists on that day: signed, and not terminated before its start (E23)."""
    return Q(signed_on__lte=on) & (Q(terminated_on__isnull=True) | ~Q(terminated_on__lt=F("starts_on")))


def live(on: date) -> Q:
    """The organisation is a customer or partner by this: from signature through the last day (S96, E13, E22)."""
    return counted(on) & (Q(last_day__isnull=True) | Q(last_day__gte=on))


def ties(on: date, agreement: Q | None = None) -> QuerySet[Affiliation, Affiliation]:
    """The affiliations that tie a contact to a customer or partner on that day (S95, E13, E16, E17).

    `agreement` narrows it to ties by such agreements.
    """
    agreed = Agreement.objects.filter(live(on), agreement or Q(), organisation=OuterRef("organisation"))
    return Affiliation.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=on), Exists(agreed))
