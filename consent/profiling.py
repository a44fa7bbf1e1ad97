"""The interest profile (S53-S59): an explainable score out of consented activity on our own websites.

It ranks whom to call first, and a human decides (S56, Art. 22). It rests on consent alone, looks at no other host
(S55), goes with the withdrawal or an objection, and appears in no export.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, F, Max, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from config.dates import add_months, local_date
from consent.grounds import BEFORE_ALL
from consent.models import Consent, InterestProfile, OwnHost
from consent.models.consents import USABLE
from consent.models.profiling import PROFILING
from consent.permission import permitted
from contacts.models import Engagement
from contacts.models.engagement import EngagementKind

POINTS: Final = {
    EngagementKind.VISIT: 1,
    EngagementKind.LOGIN: 1,
    EngagementKind.CLICK: 2,
    EngagementKind.FORM: 5,
}
"""What activity on our websites says about interest."""
RECENT_MONTHS: Final = 6
"""Activity of the last six calendar months counts double."""
CHUNK: Final = 2_000


def compute(at: datetime) -> int:
    """Make every profile anew as of `at` (aware) and drop those that may not be; returns how many there are."""
    people = permitted(PROFILING, "", at)
    hosts = own_hosts()
    kept = 0
    ids = people.values_list("pk", flat=True).order_by("pk").iterator(chunk_size=CHUNK)
    with transaction.atomic():
        InterestProfile.objects.exclude(pk__in=people.values("pk")).delete()
        for chunk in _chunks(ids):
            kept += _write(chunk, hosts, at)
    return kept


def _write(people: list[UUID], hosts: Hosts, at: datetime) -> int:
    profiles = [
        InterestProfile(contact_id=contact, score=sum(one["points"] for one in inputs), inputs=inputs, computed_at=at)
        for contact, inputs in _inputs(people, hosts, at)
    ]
    written = [profile.pk for profile in profiles]
    InterestProfile.objects.filter(pk__in=people).exclude(pk__in=written).delete()
    InterestProfile.objects.bulk_create(
        profiles, update_conflicts=True, unique_fields=["contact"], update_fields=["score", "inputs", "computed_at"]
    )
    return len(profiles)


def _inputs(people: list[UUID], hosts: Hosts, at: datetime) -> Iterator[tuple[UUID, list[dict[str, Any]]]]:
    """For each contact with any, the activity that counts: kind and host, how often, last when, and the points."""
    rows = consented_activity(people, at).values_list("contact_id", "kind", "url", "occurred_at")
    for contact, events in groupby(rows.iterator(chunk_size=CHUNK), key=lambda row: row[0]):
        found: dict[tuple[str, str], list[date]] = defaultdict(list)
        for _contact, kind, url, occurred_at in events:
            if (host := host_of(url)) and hosts.own(host):
                found[kind, host].append(local_date(occurred_at))
        inputs = [
            {
                "kind": kind,
                "host": host,
                "count": len(days),
                "last_on": max(days).isoformat(),
                "points": sum(_points(EngagementKind(kind), day, local_date(at)) for day in days),
            }
            for (kind, host), days in sorted(found.items())
        ]
        if inputs:
            yield contact, inputs


def _points(kind: EngagementKind, day: date, today: date) -> int:
    return POINTS[kind] * (2 if add_months(day, RECENT_MONTHS) >= today else 1)


def consented_activity(people: Iterable[UUID], at: datetime) -> QuerySet[Engagement, Engagement]:
    """The engagements of these contacts that the person's present consent to profiling covers, by contact.

    What happened before the consent, or before an earlier one ended, is not looked at (S53, S54).
    """
    events = Consent.objects.filter(
        contact=OuterRef("contact"), purpose=PROFILING, channel="", occurred_at__lte=at, recorded_at__lte=at
    )
    ended = Coalesce(
        Subquery(
            events.exclude(state__in=USABLE)
            .order_by()
            .values("contact")
            .annotate(last=Max("occurred_at"))
            .values("last")
        ),
        Value(BEFORE_ALL, DateTimeField()),
    )
    begun = events.filter(state__in=USABLE, occurred_at__gt=OuterRef("ended_at"))
    since = Subquery(begun.order_by().values("contact").annotate(first=Min("occurred_at")).values("first"))
    return (
        Engagement.objects.filter(contact__among=list(people), kind__in=POINTS, automated=False, occurred_at__lte=at)
        .annotate(ended_at=ended)
        .annotate(consented_at=since)
        .filter(occurred_at__gte=F("consented_at"))
        .order_by("contact_id", "occurred_at")
    )


# Our own websites -----------------------------------------------------------------------------------------------------


class Hosts:
    """The company's own hosts, portals included (S163)."""

    def __init__(self, rows: Iterable[tuple[str, bool]]) -> None:
        self.exact = dict(rows)

    def own(self, host: str) -> bool:
        """Whether a host is ours: named itself, or below one that is named with its subdomains."""
        if host in self.exact:
            return True
        parents = host.split(".")
        return any(self.exact.get(".".join(parents[depth:]), False) for depth in range(1, len(parents)))


def own_hosts() -> Hosts:
    """The list as staff keep it."""
    return Hosts(OwnHost.objects.values_list("host", "with_subdomains"))


def host_of(url: str) -> str:
    """The host of an address in lower case, without port and final dot; "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").removesuffix(".").lower()
    except ValueError:
        return ""


def page_of(url: str) -> str:
    """The host and path of an address: what follows may carry what somebody typed, or who they are."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{host_of(url)}{parts.path}"


def _chunks(ids: Iterator[UUID]) -> Iterator[list[UUID]]:
    while chunk := [pk for pk, _number in zip(ids, range(CHUNK), strict=False)]:
        yield chunk
