"""What passing on keeps (S60-S68, S91, S92): no profile to outsiders, to resellers when negotiating, as far as needed.

The controls read the ledger, not the gate: they find what went past it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.models import Subsidiary
from config.policy.controls import State, Verdict, keeps
from config.policy.periods import EVIDENCE_MONTHS
from consent.models import Disclosure, DisclosureBatch, Negotiation, Recipient, RecipientPurpose
from consent.models.exceptions import COMPELLED
from consent.models.recipients import RecipientKind
from consent.shared_fields import INTEREST, PROFILE, most
from contacts.models import Affiliation

NEWEST = 1_000
"""So many of the newest acts of passing on are looked at one by one."""

Batches = QuerySet[DisclosureBatch, Any]


def ledger_page() -> str:
    """The list of what was passed on."""
    return reverse("admin:consent_disclosurebatch_changelist")


def with_any(names: Iterable[str], batches: Batches | None = None) -> Batches:
    """Acts in which at least one of these fields was passed on."""
    rows = DisclosureBatch.objects.all() if batches is None else batches
    named = Q(*(("names__contains", f'"{name}"') for name in sorted(names)), _connector=Q.OR)
    return rows.annotate(names=Cast("fields", TextField())).filter(named)


def verdict(wrong: int, text: str, *, state: State = State.BROKEN) -> Verdict:
    """Kept when nothing is wrong; else the state, and where to look."""
    return Verdict(state, text, ledger_page()) if wrong else Verdict(State.KEPT, text)


@keeps("S60", title=gettext_lazy("No profile was passed on to anybody outside the group"))
def profiles_stay_in_the_group(at: datetime) -> Verdict:
    """Broken when the ledger has a profile field for an outsider, unless a court or an authority ordered it."""
    outside = with_any(PROFILE).exclude(recipient__kind=RecipientKind.SUBSIDIARY)
    wrong = outside.exclude(exception__ground__in=COMPELLED).count()
    text = _("%(wrong)s of %(all)s files passed on had something of a profile for an outsider")
    return verdict(wrong, text % {"wrong": wrong, "all": DisclosureBatch.objects.count()})


@keeps("S61", "S62", title=gettext_lazy("Resellers hear of interests only while we negotiate"))
def interests_follow_negotiations(at: datetime) -> Verdict:
    """Broken when a reseller was told of interests of somebody with whose employer no negotiation was open that day."""
    told = Disclosure.objects.filter(
        batch__in=with_any(INTEREST).values("pk"),
        batch__recipient__kind=RecipientKind.CHANNEL_PARTNER,
        contact__isnull=False,
    ).annotate(day=TruncDate("disclosed_at", tzinfo=settings.CONTROLLER_ZONE))
    open_then = Negotiation.objects.filter(
        Q(closed_on__isnull=True) | Q(closed_on__gte=OuterRef(OuterRef("day"))),
        organisation=OuterRef("organisation"),
        opened_on__lte=OuterRef(OuterRef("day")),
    )
    negotiating = Affiliation.objects.filter(Exists(open_then), contact=OuterRef("contact"))
    wrong = told.exclude(Exists(negotiating)).count()
    text = _("%(wrong)s of %(all)s disclosures of interests to resellers were made without an open negotiation")
    return verdict(wrong, text % {"wrong": wrong, "all": told.count()})


@keeps("S64", title=gettext_lazy("Every local company is on the list of recipients"))
def subsidiaries_are_recipients(at: datetime) -> Verdict:
    """At risk while a subsidiary is no recipient: what it gets could not be recorded."""
    missing = Subsidiary.objects.filter(recipient=None).count()
    text = _("%(missing)s of %(all)s subsidiaries are not on the list of recipients")
    numbers = {"missing": missing, "all": Subsidiary.objects.count()}
    url = reverse("admin:consent_recipient_changelist", query={"kind": RecipientKind.SUBSIDIARY})
    return Verdict(State.AT_RISK if missing else State.KEPT, text % numbers, url if missing else "")


def _needless(batches: Batches) -> int:
    """Acts for a purpose for which nobody has ever recorded that the recipient needs data."""
    needed = RecipientPurpose.objects.filter(recipient=OuterRef("recipient"), purpose=OuterRef("purpose"))
    return batches.filter(purpose__isnull=False).exclude(Exists(needed)).count()


@keeps("S65", "S92", title=gettext_lazy("Inside the group data goes to whom it is needed by"))
def the_group_needs_it(at: datetime) -> Verdict:
    """Broken when a subsidiary got data for a purpose that nobody has recorded it needs them for."""
    inside = DisclosureBatch.objects.filter(recipient__kind=RecipientKind.SUBSIDIARY)
    wrong = _needless(inside)
    text = _("%(wrong)s of %(all)s files inside the group were for a purpose without a recorded need")
    return verdict(wrong, text % {"wrong": wrong, "all": inside.count()})


@keeps("S67", title=gettext_lazy("Channel partners get what the purpose needs, and no more"))
def no_more_than_needed(at: datetime) -> Verdict:
    """Broken when one of the newest files had more fields than its purpose needs, or went without a recorded need."""
    outside = DisclosureBatch.objects.exclude(recipient__kind=RecipientKind.SUBSIDIARY).filter(purpose__isnull=False)
    found = list(outside.order_by("-disclosed_at").select_related("purpose")[:NEWEST])
    wide = sum(batch.purpose is not None and not set(batch.fields) <= set(most(batch.purpose)) for batch in found)
    needless = _needless(outside)
    text = _("of the newest %(all)s files %(wide)s had more fields than the purpose needs; %(needless)s without a need")
    return verdict(wide + needless, text % {"all": len(found), "wide": wide, "needless": needless})


@keeps("S68", title=gettext_lazy("Every channel partner has its region, and gets nobody from elsewhere"))
def partners_have_regions(at: datetime) -> Verdict:
    """Broken when a partner without a region got data; at risk when people it got live elsewhere now."""
    partners = Recipient.objects.filter(kind=RecipientKind.CHANNEL_PARTNER)
    bare = partners.filter(serves="", batches__isnull=False).distinct().count()
    elsewhere = sum(_from_elsewhere(partner) for partner in partners.filter(batches__isnull=False).distinct())
    text = _("%(bare)s of %(all)s channel partners got data without a region; %(elsewhere)s people live elsewhere now")
    numbers = {"bare": bare, "all": partners.count(), "elsewhere": elsewhere}
    return verdict(bare + elsewhere, text % numbers, state=State.BROKEN if bare else State.AT_RISK)


def _from_elsewhere(partner: Recipient) -> int:
    region = [country.code for country in partner.serves]
    people = Disclosure.objects.filter(batch__recipient=partner, batch__exception=None, contact__isnull=False)
    return people.exclude(contact__country__in=region).values("contact").distinct().count()


@keeps("S91", title=gettext_lazy("What goes to whom is in the ledger, inside the group too"))
def the_ledger_is_complete(at: datetime) -> Verdict:
    """Broken when one of the newest files has not a row for each person in it: an answer would leave somebody out."""
    newest = DisclosureBatch.objects.order_by("-disclosed_at").values("pk")[:NEWEST]
    counted = DisclosureBatch.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))
    counted = counted.annotate(number=Count("rows"))
    wrong = counted.filter(_still_whole(at)).exclude(number=F("included")).count()
    text = _("%(wrong)s of the newest %(all)s files have not a row of the ledger for each person")
    return verdict(wrong, text % {"wrong": wrong, "all": counted.count()})


def _still_whole(at: datetime) -> Q:
    """Acts so recent that no row can have come to the end of its own clock."""
    return Q(disclosed_at__gte=at - timedelta(days=28 * EVIDENCE_MONTHS))
