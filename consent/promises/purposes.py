"""What the purposes keep (S19-S27, S40-S50): catalogued, grounded, weighed; the audience exports say what was done."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.policy.controls import State, Verdict, keeps
from consent import assessments
from consent.catalogue import PURPOSES
from consent.grounds import Ground
from consent.models import Assessment, AudienceExport, LegalBasis, Purpose
from consent.models.consents import Channel
from consent.models.purposes import ONLY_BY_CONSENT, Basis, RegisterChoice, in_force
from contacts.models import Affiliation
from contacts.relationship import ties

SERVICES: Final = """
    requested_services licence_certificates orders payments authorised_users accounts support beta_programme
""".split()
"""What S46-S48 call necessary: nothing of it is advertising, so no opt-out of advertising stops it."""
NO_ADVERT_BY_EMAIL: Final = [
    str(one) for one in Ground if one not in (Ground.CONSENT, Ground.SOFT_OPT_IN, Ground.WORK_ADDRESS)
]
"""Grounds on which no country we know lets an advert go out by e-mail."""


def _list_of_purposes() -> str:
    return reverse("admin:consent_purpose_changelist")


def _names(codes: list[str]) -> str:
    return ", ".join(sorted(codes))


def are_catalogued(clause: str, at: datetime) -> Verdict:
    """Broken when a purpose that the clause names is missing, lacks a ground, or is no advert any more."""
    entries = [entry for entry in PURPOSES if entry.clause == clause]
    found = {one.code: one for one in Purpose.objects.prefetch_related("bases")}
    wrong = [
        entry.code
        for entry in entries
        if (purpose := found.get(entry.code)) is None
        or not {str(one) for one in entry.registers} <= {basis.register for basis in purpose.bases.all()}
        or purpose.is_marketing != entry.is_marketing
    ]
    if wrong:
        text = _("Missing, without a ground, or flagged otherwise than published: %(purposes)s")
        return Verdict(State.BROKEN, text % {"purposes": _names(wrong)}, _list_of_purposes())
    return Verdict(
        State.KEPT, _("%(count)s purposes of this clause are catalogued with their grounds") % {"count": len(entries)}
    )


for _clause in ("S19", "S20", "S40", "S47", "S48"):
    keeps(_clause, title=gettext_lazy("Every purpose of the clause is catalogued, each with its ground"))(
        partial(are_catalogued, _clause)
    )


@keeps("S21", title=gettext_lazy("Whoever became a customer is recorded once"))
def customers_are_recorded_once(at: datetime) -> Verdict:
    """At risk when a customer's contact stands beside a second record of the same name without an address."""
    tied = ties(local_date(at))
    twins = tied.filter(
        ~Q(contact=OuterRef("contact")),
        organisation=OuterRef("organisation"),
        contact__name_key=OuterRef("contact__name_key"),
        contact__email_key=None,
    )
    named: QuerySet[Affiliation, Affiliation] = tied.exclude(contact__name_key="")
    counts = named.aggregate(
        twice=Count("contact", filter=Exists(twins), distinct=True), all=Count("contact", distinct=True)
    )
    text = _("%(twice)s of %(all)s contacts of customers and partners may be recorded twice")
    return Verdict(State.AT_RISK if counts["twice"] else State.KEPT, text % counts)


@keeps("S22", title=gettext_lazy("A prospect who becomes a customer is used as customers are"))
def customers_have_grounds_too(at: datetime) -> Verdict:
    """Broken when a purpose serves the marketing register and has no ground for customers."""
    grounds = LegalBasis.objects.filter(purpose=OuterRef("pk"))
    served = Purpose.objects.filter(Exists(grounds.filter(register=RegisterChoice.MARKETING)), is_active=True)
    lost = served.filter(~Exists(grounds.filter(register=RegisterChoice.CUSTOMER)))
    if codes := list(lost.values_list("code", flat=True)):
        text = _("No ground for customers: %(purposes)s")
        return Verdict(State.BROKEN, text % {"purposes": _names(codes)}, _list_of_purposes())
    text = _("%(count)s purposes have a ground for prospects, and one for customers")
    return Verdict(State.KEPT, text % {"count": served.count()})


# Legitimate interests (S24-S26, S44, S49) ---------------------------------------------------------------------------


def are_weighed(register: RegisterChoice, at: datetime) -> Verdict:
    """Broken when an assessment in force leaves an interest unnamed; at risk while a purpose lacks one in force."""
    empty = Q(our_interest="") | Q(their_interest="") | Q(balancing="")
    valid = Assessment.objects.filter(in_force(at), basis__register=register)
    if hollow := valid.filter(empty).count():
        return Verdict(State.BROKEN, _("%(count)s assessments in force name no interest") % {"count": hollow})
    lacking = list(assessments.lacking(at).filter(register=register).values_list("purpose__code", flat=True))
    if lacking:
        text = _("Not weighed, or not lately enough, and therefore not usable: %(purposes)s")
        return Verdict(State.AT_RISK, text % {"purposes": _names(lacking)}, _list_of_purposes())
    weighed = valid.order_by().values("basis").distinct().count()
    return Verdict(State.KEPT, _("Both interests are named and weighed for %(count)s purposes") % {"count": weighed})


keeps("S24", "S25", title=gettext_lazy("Both interests are weighed for every purpose that rests on them"))(
    partial(are_weighed, RegisterChoice.MARKETING)
)
keeps("S44", title=gettext_lazy("The interest in serving customers is weighed for every purpose that rests on it"))(
    partial(are_weighed, RegisterChoice.CUSTOMER)
)


@keeps("S26", "S49", title=gettext_lazy("Nobody is used on interests that nobody has weighed"))
def unweighed_interests_are_not_used(at: datetime) -> Verdict:
    """Broken when an audience export took people on interests while no assessment of its purpose was in force."""
    exports = AudienceExport.objects.filter(
        grounds__has_any_keys=[Ground.LEGITIMATE_INTEREST.value, Ground.WORK_ADDRESS.value]
    )
    weighed = Assessment.objects.filter(
        basis__purpose=OuterRef("purpose"),
        basis__basis=Basis.LEGITIMATE_INTERESTS,
        approved_at__lte=OuterRef("decided_at"),
        review_on__gte=OuterRef("decided_on"),
    )
    wrong = exports.annotate(decided_on=TruncDate("decided_at")).filter(~Exists(weighed)).count()
    numbers = {"wrong": wrong, "exports": exports.count(), "lacking": assessments.lacking(at).count()}
    text = _(
        "%(wrong)s of %(exports)s exports on interests had no assessment in force; "
        "%(lacking)s grounds lack one now and permit nobody"
    )
    return Verdict(State.BROKEN if wrong else State.KEPT, text % numbers)


# Consent, the law on messages, services (S27, S45-S48, S50) ---------------------------------------------------------


@keeps("S27", "S50", title=gettext_lazy("Visits to our websites are recorded by consent only"))
def visits_rest_on_consent(at: datetime) -> Verdict:
    """Broken when the purposes of S27 and S50 are missing or rest on anything else."""
    grounds = LegalBasis.objects.filter(purpose__code__in=ONLY_BY_CONSENT)
    others = sorted(set(grounds.exclude(basis=Basis.CONSENT).values_list("purpose__code", flat=True)))
    missing = sorted(set(ONLY_BY_CONSENT) - set(grounds.values_list("purpose__code", flat=True)))
    if wrong := [*others, *missing]:
        text = _("Not resting on consent: %(purposes)s")
        return Verdict(State.BROKEN, text % {"purposes": _names(wrong)}, _list_of_purposes())
    return Verdict(State.KEPT, _("%(count)s grounds, all of them consent") % {"count": grounds.count()})


@keeps("S45", title=gettext_lazy("Advertising by e-mail goes out as the law on such messages allows"))
def adverts_follow_the_law(at: datetime) -> Verdict:
    """Broken when an export for advertising by e-mail took people on a ground that allows no advert by e-mail."""
    adverts = AudienceExport.objects.filter(purpose__is_marketing=True, channel=Channel.EMAIL)
    wrong = adverts.filter(grounds__has_any_keys=NO_ADVERT_BY_EMAIL).count()
    text = _("%(wrong)s of %(exports)s exports for advertising by e-mail rest on a ground that does not allow it")
    return Verdict(State.BROKEN if wrong else State.KEPT, text % {"wrong": wrong, "exports": adverts.count()})


@keeps("S46", "S47", "S48", title=gettext_lazy("What the services need is stopped by no opt-out of advertising"))
def services_go_on(at: datetime) -> Verdict:
    """Broken when a service is missing or counts as advertising, at risk when one is switched off."""
    found = {one.code: one for one in Purpose.objects.filter(code__in=SERVICES)}
    if wrong := [code for code in SERVICES if code not in found or found[code].is_marketing]:
        text = _("Missing, or counted as advertising: %(purposes)s")
        return Verdict(State.BROKEN, text % {"purposes": _names(wrong)}, _list_of_purposes())
    if off := [code for code, purpose in found.items() if not purpose.is_active]:
        text = _("Switched off: %(purposes)s")
        return Verdict(State.AT_RISK, text % {"purposes": _names(off)}, _list_of_purposes())
    return Verdict(State.KEPT, _("%(count)s services are no advertising") % {"count": len(found)})
