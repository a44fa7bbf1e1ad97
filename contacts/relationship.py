"""The business relationship a contact stands in through an organisation (S7, S8, S96): one home for "is a customer"."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from contacts.models import Affiliation, Agreement
from contacts.models.organisations import Party


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


class Relationship(TextChoices):
    """What a contact is to us through its organisations (S7, S8); customer and partner at once is possible."""

    CUSTOMER = "customer", _("customer")
    PARTNER = "partner", _("partner")
    FORMER = "former", _("former customer or partner")
    PROSPECT = "prospect", _("prospect")


def related(on: date) -> dict[Relationship, Q]:
    """For each relationship the condition on a contact that it stands in it on that day."""
    of = {"contact": OuterRef("pk")}
    tied = Q(Exists(ties(on).filter(**of)))
    agreed = Agreement.objects.filter(counted(on), organisation=OuterRef("organisation"))
    once = Q(Exists(Affiliation.objects.filter(Exists(agreed), **of)))
    return {
        Relationship.CUSTOMER: Q(Exists(ties(on, Q(party=Party.CUSTOMER)).filter(**of))),
        Relationship.PARTNER: Q(Exists(ties(on, Q(party=Party.PARTNER)).filter(**of))),
        Relationship.FORMER: once & ~tied,
        Relationship.PROSPECT: ~once,
    }
