"""What the rules leave to people: doubtful dates, silent agreements, ends and reminders that are due.

Each question is one condition with one home; the home page counts it, a list filters by it, and a run reports it.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest, TruncDate
from django.utils.translation import gettext_lazy

from config.dates import AddMonths
from config.policy.periods import (
    AGREEMENT_REVIEW_MONTHS,
    HOLD_NOTICE_DAYS,
    LATE_ALARM_HOURS,
    RESTRICTION_REMINDER_DAYS,
    SILENT_AGREEMENT_MONTHS,
)
from consent.models import Restriction
from contacts.models import Affiliation, Agreement, Contact
from contacts.relationship import live
from retention import due
from retention.bars import active_holds, active_restrictions
from retention.models import DataGap, DueDate, Hold
from retention.models.holds import HoldKind

ESTIMATED = Q(collected_estimated=True)
"""Contacts whose day of collection nobody gave: it is the earliest day we know of (E4)."""


def ahead(today: date) -> Q:
    """Contacts with a day of collection or an engagement in the future, which the rule ignores (E8)."""
    return Q(collected_on__gt=today) | Q(returned_on__gt=today) | Q(last_engaged_on__gt=today)


REPORTED = {
    "estimated": gettext_lazy("Contacts whose day of collection is estimated"),
    "ahead": gettext_lazy("Contacts with a date in the future"),
}
"""What `report` counts, in words."""


def report(today: date) -> dict[str, int]:
    """How many contacts have a doubtful date, for the record of a run (E4, E8)."""
    return Contact.objects.aggregate(estimated=Count("pk", filter=ESTIMATED), ahead=Count("pk", filter=ahead(today)))


def late(on: date) -> QuerySet[DueDate, DueDate]:
    """Whom some rule has been due for 48 hours or more by the state table, and nothing protects (E26)."""
    # Kept through its last day, a contact is due from the day after.
    before = on - timedelta(hours=LATE_ALARM_HOURS)
    return due.actionable(on).filter(Q(marketing_on__lt=before) | Q(customer_on__lt=before))


def silent_agreements(on: date) -> QuerySet[Agreement, Agreement]:
    """Open-ended agreements without login or contact for 36 months, nor a review for 12 (E19).

    Such an agreement keeps its people for as long as it stands. Any act of anybody there is contact, and so is another
    agreement with the organisation.
    """
    people = Affiliation.objects.filter(organisation=OuterRef("organisation"), contact__last_engaged_on__lte=on)
    agreements = Agreement.objects.filter(live(on), organisation=OuterRef("organisation"))
    heard = people.alias(until=AddMonths("contact__last_engaged_on", SILENT_AGREEMENT_MONTHS)).filter(until__gte=on)
    begun = Greatest("signed_on", "starts_on")
    fresh = agreements.alias(until=AddMonths(begun, SILENT_AGREEMENT_MONTHS)).filter(until__gte=on)
    again = AddMonths("reviewed_on", AGREEMENT_REVIEW_MONTHS)
    standing = Agreement.objects.filter(live(on), last_day__isnull=True).alias(again=again)
    return standing.filter(Q(reviewed_on__isnull=True) | Q(again__lt=on), ~Exists(fresh), ~Exists(heard))


def ending_holds(on: date) -> QuerySet[Hold, Hold]:
    """Legal holds that end within 30 days: renew them, or let the next run decide (E28)."""
    return active_holds(on).filter(kind=HoldKind.LEGAL, until_on__lte=on + timedelta(days=HOLD_NOTICE_DAYS))


def standing_restrictions(on: date) -> QuerySet[Restriction, Restriction]:
    """Restrictions nobody has looked at for 90 days; each stops both rules for as long as it stands (E29)."""
    before = on - timedelta(days=RESTRICTION_REMINDER_DAYS)
    since = TruncDate("since_at", tzinfo=settings.CONTROLLER_ZONE)
    rows = active_restrictions().alias(since_on=since)
    return rows.filter(Q(reviewed_on__isnull=True, since_on__lte=before) | Q(reviewed_on__lte=before))


def open_gaps() -> QuerySet[DataGap, DataGap]:
    """Listed relationships to which nobody has added an agreement since (E25)."""
    agreements = Agreement.objects.filter(organisation=OuterRef("affiliation__organisation"))
    return DataGap.objects.filter(~Exists(agreements))


__all__ = [
    "ESTIMATED",
    "REPORTED",
    "ahead",
    "ending_holds",
    "late",
    "open_gaps",
    "report",
    "silent_agreements",
    "standing_restrictions",
]
