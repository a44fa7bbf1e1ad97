"""Whom a breach concerns: found in the read log, and in whatever else knows who got the data (Art. 33(3)(a), 34)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from config.models import AccessEvent, AccessKind
from consent.models import Disclosure
from contacts.models import Contact, MergedRecord


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody may have seen: from `since` through `until` (aware), by an account or any, in one way or any."""

    since: datetime
    until: datetime
    account: UUID | None = None
    kind: str = ""
    view: str = ""


Finder = Callable[[Search], Iterable[UUID]]


def in_read_log(search: Search) -> Iterable[UUID]:
    """Every record that was shown within the search; refused attempts showed nothing."""
    events = AccessEvent.objects.filter(at__range=(search.since, search.until)).exclude(kind=AccessKind.REFUSED)
    if search.account:
        events = events.filter(actor_id=search.account)
    if search.kind:
        events = events.filter(kind=search.kind)
    if search.view:
        events = events.filter(view__contains=search.view)
    seen: set[str] = set()
    for ids in events.order_by().values_list("object_ids", flat=True).iterator(chunk_size=2_000):
        seen.update(ids)
    return {UUID(one) for one in seen}


def in_ledger(search: Search) -> Iterable[UUID]:
    """Everybody whose data was passed on within the search; a page that was looked at is no passing on."""
    if search.view or search.kind not in ("", AccessKind.EXPORT):
        return ()
    rows = Disclosure.objects.filter(disclosed_at__range=(search.since, search.until), contact__isnull=False)
    if search.account:
        rows = rows.filter(batch__actor_id=search.account)
    return rows.order_by().values_list("contact_id", flat=True).distinct()


FINDERS: Final[list[Finder]] = [in_read_log, in_ledger]
"""Every place that knows who saw whom: it gets the search, and gives ids."""


def concerned(search: Search) -> QuerySet[Contact]:
    """The contacts that are still here and that any of the finders names; preview and act read the same.

    A look-up names the record that was shown: one that has been merged since leads to the contact that survived (S42).
    """
    found = list({one for finder in FINDERS for one in finder(search)})
    survivors = MergedRecord.objects.filter(former_id__among=found).values_list("contact_id", flat=True)
    return Contact.objects.filter(pk__among=[*found, *survivors])
