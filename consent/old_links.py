"""Objections by links from before a rotation of the digest key (section 9; Art. 21(3)): who has the address now.

Such a link knows its address by a digest of an older key, and whoever was collected since carries one of the newest.
Only comparing every address tells whether they are the same, so a worker does it, as soon as the objection is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from config import keys
from consent import preferences, suppression
from consent.grounds import own_marketing_consent_at
from consent.models import Objection
from consent.models.objections import ObjectionGround
from contacts.models import Contact, MergedRecord

PATIENCE = timedelta(days=1)
"""For how long the hourly tidying compares again, should the first message be lost; heeded twice is heeded once."""


def unmatched(at: datetime) -> QuerySet[Objection, Objection]:
    """Objections of the last day that lead to nobody and are known by the digest of an older key we still have."""
    older = set(settings.HMAC_KEYS) - {keys.newest_version()}
    raised = Objection.objects.filter(contact=None, ground=ObjectionGround.MARKETING, digest_version__in=older)
    return raised.exclude(digest="").filter(recorded_at__range=(at - PATIENCE, at))


def compare(at: datetime) -> int:
    """Heed these objections for whoever has their address at `at`, also by a merged record; returns how many people."""
    waiting: dict[int, dict[str, list[Objection]]] = defaultdict(lambda: defaultdict(list))
    for one in unmatched(at):
        waiting[one.digest_version][one.digest].append(one)
    found = [
        (contact, key, objection)
        for contact, key in (_addresses() if waiting else ())
        for version, raised in waiting.items()
        for objection in raised.get(keys.digest(key, version), ())
    ]
    for contact, key, objection in found:
        _heed(contact, key, objection, at)
    return len({contact for contact, _key, _objection in found})


def _addresses() -> Iterator[tuple[UUID, str]]:
    """Every address in the register, beside the contact it leads to."""
    own = Contact.objects.exclude(email_key=None).order_by().values_list("pk", "email_key")
    former = MergedRecord.objects.exclude(email_key=None).order_by().values_list("contact_id", "email_key")
    return ((pk, str(key)) for pk, key in chain(own.iterator(), former.iterator()))


def _heed(contact: UUID, key: str, objection: Objection, at: datetime) -> None:
    """As if the link had found the contact at once; a consent the person has given since then stands."""
    with transaction.atomic():
        person = Contact.objects.select_for_update().filter(pk=contact).first()
        if person is None:
            return
        suppression.renew(suppression.identifiers_of(key))
        consented_at = own_marketing_consent_at([contact], at)
        if consented_at is None or consented_at <= objection.raised_at:
            preferences.heed(person, objection.purpose, objection.channel, objection.raised_at, objection.method)
        if objection.method == preferences.CENTRE:
            preferences.withdraw_everything([person], objection.raised_at)
