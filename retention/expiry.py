"""Rows with a clock of their own: the expiry that models declare, carried out after each nightly run (E46, E47)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import uuid_utils.compat as uuid
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import DateTimeField, Exists, F, Model, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_noop

from config.dates import BEGINNING, AddMonths, local_date
from config.models import Actor, AuditEvent
from config.policy.periods import CUSTOMER_PERIODS, months_in_force
from config.sql import may_change_evidence
from contacts.models import Affiliation, Agreement, Contact, Engagement, Organisation, SystemAccount
from contacts.models.organisations import change_agreements
from contacts.personal_data import Expiry, PersonalData, declared_models
from retention import journal
from retention.bars import active_holds, active_restrictions
from retention.erasure import delete_marketing_data
from retention.models.holds import HoldScope

BATCH = 5_000
logger = logging.getLogger(__name__)


def expire(at: datetime) -> dict[str, int]:
    """Delete what has outlived its own period by the moment `at`; returns counts by table.

    Due dates do not change: a contact keeps the day of its last counting engagement.
    """
    counts = {
        model._meta.label: _expire_rows(model, data, data.expiry, at)
        for model, data in declared_models()
        if data.expiry is not None
    }
    counts["left marketing"] = _clear_left_marketing(at)
    counts["contacts.Organisation"] = _expire_organisations(at)
    counts["sessions.Session"] = Session.objects.filter(expire_date__lt=at).delete()[0]
    counts["journal"] = journal.expire(local_date(at))
    counts = {label: count for label, count in counts.items() if count}
    if counts:
        AuditEvent.record(Actor.task(), gettext_noop("expired"), AuditEvent, counts=counts)
    return counts


def _expire_rows(model: type[Model], data: PersonalData, clock: Expiry, at: datetime) -> int:
    """Rows of one table whose period is over, in batches; nothing of a contact under a hold or restriction (E28, E29).

    The forward date decides; the cut-off of 28 days a month only lets an index narrow the search.
    """
    is_moment = isinstance(model._meta.get_field(clock.field), DateTimeField)
    day = TruncDate(clock.field, tzinfo=settings.CONTROLLER_ZONE) if is_moment else F(clock.field)
    rows = (
        model._base_manager.filter(**{f"{clock.field}__lt": at - timedelta(days=28 * clock.months)})
        .annotate(kept_until=AddMonths(day, clock.months))
        .filter(kept_until__lt=local_date(at) - timedelta(days=clock.days))
    )
    if clock.only is not None:
        rows = rows.filter(clock.only(local_date(at)))
    if data.subject:
        mine = {"contact": OuterRef(data.subject)}
        on = local_date(at)
        rows = rows.exclude(Exists(active_holds(on).filter(**mine)) | Exists(active_restrictions().filter(**mine)))
    removed = 0
    while keys := list(rows.order_by().values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            may_change_evidence()
            removed += model._base_manager.filter(pk__among=keys).delete()[0]
    return removed


def _clear_left_marketing(at: datetime) -> int:
    """The marketing data of whoever left that register by an objection and stays as a customer (E10, Art. 21(3)).

    Nothing of a contact under a hold or restriction (E28, E29); its release lets the next night do it.
    """
    on, mine = local_date(at), {"contact": OuterRef("pk")}
    held = active_holds(on).filter(scope__in=(HoldScope.ALL, HoldScope.MARKETING), **mine)
    day = TruncDate("occurred_at", tzinfo=settings.CONTROLLER_ZONE)
    before = Engagement.objects.annotate(day=day).filter(day__lte=OuterRef("left_marketing_on"), **mine)
    left = (
        Contact.objects.filter(~Q(topics=[]) | Exists(before), in_marketing=False, marketing_frozen=False)
        .filter(left_marketing_on__isnull=False)
        .exclude(Exists(held) | Exists(active_restrictions().filter(**mine)))
    )
    cleared = 0
    while ids := list(left.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            list(Contact.objects.filter(pk__among=ids).order_by("pk").select_for_update().values_list("pk"))
            ids = list(left.filter(pk__among=ids).values_list("pk", flat=True))
            counts = delete_marketing_data(ids, at)
            batch = uuid.uuid7()
            counted = {"contacts": len(ids), **counts}
            AuditEvent.record(
                Actor.task(), gettext_noop("marketing data deleted"), Contact, batch=batch, counts=counted
            )
        cleared += len(ids)
    return cleared


def _expire_organisations(at: datetime) -> int:
    """Organisations without contacts and without an agreement inside five years: one-person firms are persons (E47)."""
    on = local_date(at)
    months = months_in_force(CUSTOMER_PERIODS, BEGINNING, on)
    mine = Agreement.objects.filter(
        ~Q(terminated_on__isnull=False, terminated_on__lt=F("starts_on")), organisation=OuterRef("pk")
    )
    inside = mine.filter(Q(last_day__isnull=True) | Q(last_day__gte=on)) | mine.annotate(
        kept=AddMonths(F("last_day"), months)
    ).filter(kept__gte=on)
    people = Affiliation.objects.filter(organisation=OuterRef("pk"))
    accounts = SystemAccount.objects.filter(organisation=OuterRef("pk"))
    empty = Organisation.objects.filter(~Exists(people), ~Exists(accounts), ~Exists(inside))
    removed = 0
    for _pass in range(1000):
        with transaction.atomic():
            keys = list(empty.order_by("pk").values_list("pk", flat=True)[:BATCH])
            change_agreements()
            gone = list(empty.filter(pk__among=keys).values_list("pk", flat=True))
            Agreement.objects.filter(organisation__among=gone).delete()
            removed += Organisation.objects.filter(pk__among=gone).delete()[0]
        if not gone:
            break
    return removed
