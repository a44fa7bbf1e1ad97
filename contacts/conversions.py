"""Prospects that became customers or partners (S21, S42): noticed, logged, and taken back within 30 days.

What belongs to which register follows from the agreements (`contacts/relationship.py`); here it is written down when
that has begun to include what was collected before the sale.
"""

from __future__ import annotations

from collections.abc import Collection as Many
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent
from contacts.manual import people_of, refresh
from contacts.models import Affiliation, Agreement, Contact, Conversion, Organisation
from contacts.models.organisations import change_agreements
from contacts.relationship import live

BATCH = 2_000


def unrecorded(at: datetime) -> QuerySet[Organisation, Any]:
    """Customers and partners by now whose becoming one has not been recorded, each with its first such agreement."""
    on = local_date(at)
    mine = Agreement.objects.filter(live(on), organisation=OuterRef("pk")).order_by("signed_on", "pk")
    standing = Conversion.objects.filter(organisation=OuterRef("pk"), reversed_at__isnull=True)
    return Organisation.objects.filter(Exists(mine), ~Exists(standing)).annotate(
        first=Subquery(mine.values("pk")[:1]), since=Subquery(mine.values("signed_on")[:1])
    )


def record(at: datetime, actor: Actor, organisations: Many[UUID] | None = None) -> int:
    """Write down which of these organisations, or of all, have become customers or partners by `at`; returns how many.

    Call it in the transaction that stores the agreements.
    """
    rows: Any = unrecorded(at) if organisations is None else unrecorded(at).filter(pk__among=list(organisations))
    recorded = 0
    while found := list(rows.order_by("pk").values_list("pk", "first", "since")[:BATCH]):
        known = _known_before({organisation: since for organisation, _first, since in found})
        made = [
            Conversion(
                organisation_id=organisation,
                agreement_id=first,
                converted_on=since,
                contacts=known.get(organisation, 0),
                recorded_at=at,
                recorded_by=actor.user_id,
            )
            for organisation, first, since in found
        ]
        Conversion.objects.bulk_create(made)
        recorded += len(made)
    if recorded:
        AuditEvent.record(
            actor, gettext_noop("became customers"), Organisation, counts={"contacts.Organisation": recorded}
        )
    return recorded


def _known_before(since: dict[UUID, Any]) -> dict[UUID, int]:
    """How many people of each organisation were collected before its day."""
    found: dict[UUID, int] = {}
    links = Affiliation.objects.filter(organisation__among=list(since))
    for organisation, collected_on in links.values_list("organisation_id", "contact__collected_on"):
        found[organisation] = found.get(organisation, 0) + (collected_on < since[organisation])
    return found


def of_contact(contact: Contact) -> QuerySet[Conversion, Conversion]:
    """The conversions by which what was known of this contact before joined the customer register."""
    employed = Affiliation.objects.filter(contact=contact).values("organisation")
    rows = Conversion.objects.filter(organisation__in=employed, reversed_at__isnull=True)
    return rows.filter(converted_on__gt=contact.collected_on).select_related("organisation", "agreement")


class Refused(ValueError):  # noqa: N818
    """Why a conversion cannot be taken back: a sentence for people."""


def take_back(conversion: Conversion, *, actor: Actor, at: datetime) -> int:
    """Take a conversion back at `at`: its agreement is ended before its start, as one that never ran (E23).

    What was collected before the sale is then under the marketing rules alone again. Returns how many people that
    concerns. Raises Refused with the reason when the time is over, or other agreements make it a customer all the same.
    """
    with transaction.atomic():
        change_agreements()
        conversion = (
            Conversion.objects.select_for_update(of=("self",)).select_related("agreement").get(pk=conversion.pk)
        )
        if reason := why_not(conversion, at):
            raise Refused(reason)
        never = conversion.agreement.starts_on - timedelta(days=1)
        Agreement.objects.filter(pk=conversion.agreement_id).update(terminated_on=never, updated_at=at)
        Conversion.objects.filter(pk=conversion.pk).update(reversed_at=at, reversed_by=actor.user_id)
        people = people_of([conversion.organisation_id])
        refresh(people)
        AuditEvent.record(
            actor, gettext_noop("conversion taken back"), conversion, counts={"contacts.Contact": len(people)}
        )
    return len(people)


def why_not(conversion: Conversion, at: datetime) -> str:
    """Why a conversion cannot be taken back at `at`; empty when it can."""
    if conversion.reversed_at is not None:
        return _("This was taken back already.")
    if local_date(at) > conversion.undo_until:
        return _("It can be taken back for 30 days after the agreement was recorded; that time is over.")
    others = Agreement.objects.filter(live(local_date(at)), organisation=conversion.organisation_id)
    if others.exclude(pk=conversion.agreement_id).exists():
        return _("The organisation has other agreements in force. Correct those first.")
    return ""
