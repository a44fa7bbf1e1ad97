"""What stands in the way of a rule whose clock has run out (E25, E28-E30), and what a run therefore does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.dates import BEGINNING, AddMonths
from config.policy.periods import CUSTOMER_PERIODS, DATA_GAP_DAYS
from config.sql import array
from consent.models import Restriction
from contacts.models import Affiliation, Agreement, Organisation
from contacts.personal_data import Register
from contacts.relationship import live
from retention.models import DataGap, Hold
from retention.models.evidence import ErasureRule
from retention.models.holds import HoldKind, HoldScope
from retention.rules import Clock, months


class Bar(StrEnum):
    """A named reason why a contact whose clock has run out stays."""

    CUSTOMER_TIE = "customer_tie"
    LEGAL_HOLD = "legal_hold"
    RESTRICTION = "restriction"
    RIGHTS_REQUEST = "rights_request"
    DATA_GAP = "data_gap"


SENTENCES: dict[Bar, tuple[str, Promise | str]] = {
    Bar.CUSTOMER_TIE: ("S95", _("works for a customer or partner")),
    Bar.LEGAL_HOLD: ("Art. 17(3)(e)", _("is under a legal hold")),
    Bar.RESTRICTION: ("Art. 18", _("is restricted: stored only, until the restriction is lifted")),
    Bar.RIGHTS_REQUEST: ("Art. 15-21", _("has a rights request that is open or was closed less than 30 days ago")),
    Bar.DATA_GAP: ("S97", _("has a link without an agreement to what looks like a customer; someone should check")),
}
"""For each bar the clause or article it comes from, and the sentence for people: "The contact ..."."""


def active_holds(on: date) -> QuerySet[Hold, Hold]:
    """Holds that block on that day; one placed after the day asked for blocks too, it is in force now."""
    return Hold.objects.filter(released_at__isnull=True).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))


def active_restrictions() -> QuerySet[Restriction, Restriction]:
    """Restrictions that nobody has lifted."""
    return Restriction.objects.filter(lifted_at__isnull=True, contact__isnull=False)


def data_gaps(on: date) -> QuerySet[Affiliation, Affiliation]:
    """Customer links without any agreement whose organisation has the name of one with a live agreement (E25).

    Held back for 30 days from their first listing. Somebody in the marketing register is not covered: there the link
    only says where the person works.
    """
    namesakes = (
        Organisation.objects.filter(name_key=OuterRef("organisation__name_key"))
        .exclude(pk=OuterRef("organisation"))
        .filter(Exists(Agreement.objects.filter(live(on), organisation=OuterRef("pk"))))
    )
    expired = DataGap.objects.filter(affiliation=OuterRef("pk"), first_listed_on__lt=on - timedelta(days=DATA_GAP_DAYS))
    years = months(CUSTOMER_PERIODS, "contact__collected_on", on)
    return Affiliation.objects.annotate(left=AddMonths(F("ended_on"), years)).filter(
        Q(ended_on__isnull=True) | Q(left__gte=on),
        ~Exists(Agreement.objects.filter(organisation=OuterRef("organisation"))),
        ~Exists(expired),
        Exists(namesakes),
        contact__in_marketing=False,
    )


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of one contact, by the part they freeze."""

    marketing: frozenset[Bar] = frozenset()
    customer: frozenset[Bar] = frozenset()
    erasure: frozenset[Bar] = frozenset()

    def of(self, *, marketing: bool, customer: bool, erasure: bool) -> frozenset[Bar]:
        """The bars that stand in the way of what is due."""
        parts = ((marketing, self.marketing), (customer, self.customer), (erasure, self.erasure))
        return frozenset(bar for due, bars in parts if due for bar in bars)

    def against_request(self) -> frozenset[Bar]:
        """The bars in the way of an erasure the person asks for (Art. 17): never a request, never doubtful data."""
        return self.erasure - {Bar.RIGHTS_REQUEST, Bar.DATA_GAP}


NO_BARS = Bars()


def bars_of(
    on: date,
    contacts: Iterable[UUID],
    outside_marketing: Iterable[UUID] | None = None,
    *,
    to_the_person: bool = False,
) -> dict[UUID, Bars]:
    """The bars of those among the given contacts that have any, in one statement.

    Only somebody outside the marketing register can have a data gap; whoever knows them spares the search for the
    others. What is said `to_the_person` knows nothing of a hold that must stay secret.
    """
    ids = array(contacts)
    suspects = ids if outside_marketing is None else array(outside_marketing)
    found: dict[UUID, dict[str, set[Bar]]] = defaultdict(lambda: defaultdict(set))
    holds = active_holds(on).filter(contact__among=ids).order_by()
    if to_the_person:
        holds = holds.filter(is_secret=False)
    decided = holds.values_list("contact", "kind", "scope")
    others: list[Any] = [
        active_restrictions().filter(contact__among=ids).order_by().values_list("contact", *_RESTRICTED)
    ]
    if suspects != array(()):
        gaps = data_gaps(on).filter(contact__among=suspects).order_by()
        others.append(gaps.values_list("contact", *_GAP))
    for contact, kind, scope in decided.union(*others, all=True):
        for part in _PARTS[scope]:
            found[contact][part].add(_KINDS[kind])
    return {
        contact: Bars(**{part: frozenset(bars) for part, bars in parts.items()}) for contact, parts in found.items()
    }


_KINDS: dict[str, Bar] = {
    HoldKind.LEGAL: Bar.LEGAL_HOLD,
    HoldKind.REQUEST: Bar.RIGHTS_REQUEST,
    Bar.RESTRICTION: Bar.RESTRICTION,
    Bar.DATA_GAP: Bar.DATA_GAP,
}
_RESTRICTED = (Value(Bar.RESTRICTION.value), Value(HoldScope.ALL.value))
_GAP = (Value(Bar.DATA_GAP.value), Value("erasure"))
_PARTS: dict[str, tuple[str, ...]] = {
    "erasure": ("erasure",),
    HoldScope.ALL: ("marketing", "customer", "erasure"),
    HoldScope.MARKETING: ("marketing", "erasure"),
    HoldScope.CUSTOMER: ("customer", "erasure"),
}


class Outcome(StrEnum):
    """What a run does with a contact."""

    ERASE = "erase"
    LEAVE = "leave"
    """A register's data goes, the person stays for another reason."""
    FREEZE = "freeze"
    """Leaves the marketing register under a legal hold; the data stays as it is (E28)."""
    BLOCKED = "blocked"
    TIED = "tied"
    """The 24 months are over, the tie to a customer or partner keeps the contact (E13)."""
    KEEP = "keep"


NONE: frozenset[Bar] = frozenset()


class Verdict(NamedTuple):
    """What one day means for one contact: the rule that is due, what happens, and the bars in the way.

    `leaves_marketing` ends the marketing register, `frozen` leaves its data as it is under a hold, and `drops_links`
    removes the due affiliations.
    """

    clock: Clock
    rule: ErasureRule
    outcome: Outcome
    bars: frozenset[Bar] = frozenset()
    leaves_marketing: bool = False
    frozen: bool = False
    drops_links: bool = False

    @property
    def due_on(self) -> date | None:
        """The last day the rule's register had a reason; None for somebody in no register."""
        if self.rule is ErasureRule.MARKETING:
            return self.clock.silent_on if self.outcome is Outcome.TIED else self.clock.marketing_on
        if self.rule is ErasureRule.CUSTOMER:
            return min(self.clock.link_on, self.clock.customer_on) if self.drops_links else self.clock.customer_on
        return None


def decide(clock: Clock, bars: Bars, on: date, rule: Register | None = None) -> Verdict:
    """What a run on the day `on` does with one contact; `rule` limits it to one register's rule.

    1. No register has a reason left and nothing bars erasure: erase.
    2. A register's clock has run out and no bar freezes that part: the register's data goes.
    3. Under a legal hold a due contact leaves marketing, and the data stays (E28).
    """
    marketing_due = BEGINNING < clock.marketing_on < on and rule is not Register.CUSTOMER
    links_due = clock.link_on < on and rule is not Register.MARKETING
    last = clock.last_register
    gone = clock.marketing_on < on and clock.customer_on < on and rule in (None, last)
    if gone:  # the rule whose reason ended last
        cause = _CAUSES[last]
    else:
        cause = ErasureRule.CUSTOMER if links_due and not marketing_due else ErasureRule.MARKETING
    if gone and not bars.erasure:
        return Verdict(clock, cause, Outcome.ERASE, NONE, marketing_due, frozen=False, drops_links=links_due)
    leaves, drops = marketing_due and not bars.marketing, links_due and not bars.customer
    freezes = marketing_due and Bar.LEGAL_HOLD in bars.marketing and clock.in_marketing
    standing = bars.of(marketing=marketing_due, customer=links_due, erasure=gone)
    if leaves or drops or freezes:
        outcome = Outcome.LEAVE if leaves or drops else Outcome.FREEZE
        return Verdict(clock, cause, outcome, standing, leaves or freezes, freezes, drops)
    if marketing_due or links_due or gone:
        return Verdict(clock, cause, Outcome.BLOCKED, standing)
    if clock.in_marketing and clock.silent_on < on <= clock.marketing_on and rule is not Register.CUSTOMER:
        return Verdict(clock, ErasureRule.MARKETING, Outcome.TIED, frozenset({Bar.CUSTOMER_TIE}))
    return Verdict(clock, cause, Outcome.KEEP)


_CAUSES = {
    Register.MARKETING: ErasureRule.MARKETING,
    Register.CUSTOMER: ErasureRule.CUSTOMER,
    None: ErasureRule.NO_REGISTER,
}


__all__ = ["NO_BARS", "SENTENCES", "Bar", "Bars", "Outcome", "Verdict", "bars_of", "data_gaps", "decide"]
