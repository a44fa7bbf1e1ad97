"""On which ground somebody may be used (S24-S28, S44-S50; domain section 7): one expression, the strongest first.

Advertising by e-mail needs more than a legal basis: the recipient's country decides, and an unknown country counts as
the strictest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import In
from django.utils.translation import gettext_lazy as _

from config.dates import local_date
from consent.models.consents import LATEST_FIRST, USABLE, Channel, Consent
from consent.models.purposes import Basis, LegalBasis, Purpose, RegisterChoice, usable_bases
from contacts.models import Collection
from contacts.models.organisations import AgreementKind, Party
from contacts.models.provenance import SourceKind
from contacts.relationship import ties

Code = str | Combinable
"""A purpose by its code, or by an expression that gives one."""
BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)
"""Earlier than anything that happens, in every time zone."""

WORK_ADDRESS_COUNTRIES = ("FI",)
"""Where an advert aimed at somebody's work may go to a named work address: Act 917/2014, section 202, read with the
Ombudsman's guide. Everywhere else, and where the country is unknown, the strictest rule holds (UWG section 7)."""


class Ground(TextChoices):
    """Why a contact may be used."""

    CONSENT = "consent", _("consent of the person")
    SOFT_OPT_IN = "soft_opt_in", _("own customer, similar services, opt-out offered")
    WORK_ADDRESS = "work_address", _("aimed at the person's work, where the law allows it")
    CONTRACT = "contract", _("contract with the person")
    LEGAL_OBLIGATION = "legal_obligation", _("legal obligation")
    LEGITIMATE_INTEREST = "legitimate_interest", _("legitimate interest, weighed")


ENDED_BY_OBJECTION = (Ground.LEGITIMATE_INTEREST, Ground.WORK_ADDRESS, Ground.SOFT_OPT_IN)
"""Grounds that an objection on own grounds reaches: interests (Art. 21(1)), and the exception for own customers, which
only holds while nobody has objected."""


def ground(purpose: Code, channel: str, at: datetime) -> Case:
    """The ground at the moment `at` as an expression on a contact; "" when there is none.

    An advert must fit the person's work (S19): without a job function it cannot rest on interests.
    """
    interests = _rests_on(Basis.LEGITIMATE_INTERESTS, purpose, at) & (~is_marketing(purpose) | ~Q(job_function=""))
    cases = [When(_consented(purpose, channel, at), then=Value(Ground.CONSENT))]
    if channel == Channel.EMAIL:
        adverts = is_marketing(purpose)
        to_work = adverts & Q(country__in=WORK_ADDRESS_COUNTRIES)
        cases += [
            When(adverts & _soft_opt_in(purpose, at), then=Value(Ground.SOFT_OPT_IN)),
            When(to_work & interests, then=Value(Ground.WORK_ADDRESS)),
            When(adverts, then=Value("")),
        ]
    cases += [
        When(_contracted(purpose, at), then=Value(Ground.CONTRACT)),
        When(_rests_on(Basis.LEGAL_OBLIGATION, purpose, at), then=Value(Ground.LEGAL_OBLIGATION)),
        When(interests, then=Value(Ground.LEGITIMATE_INTEREST)),
    ]
    return Case(*cases, default=Value(""), output_field=CharField())


def is_marketing(purpose: Code) -> Q:
    """Whether the purpose is direct marketing: asked once, whatever the number of contacts."""
    return Q(Exists(Purpose.objects.filter(code=purpose, is_marketing=True)))


def in_a_register_of(bases: QuerySet[LegalBasis, LegalBasis], at: datetime) -> Q:
    """Whether the contact is in the register of one of these bases: marketing, or tied to a customer or partner."""
    tied = ties(local_date(at)).filter(contact=OuterRef("pk"))
    return (Q(in_marketing=True) & Exists(bases.filter(register=RegisterChoice.MARKETING))) | (
        Q(Exists(bases.filter(register=RegisterChoice.CUSTOMER))) & Exists(tied)
    )


# Consent ------------------------------------------------------------------------------------------------------------


def current_consent(purpose: Code, channel: str, at: datetime) -> QuerySet[Consent, Consent]:
    """The consent events of the contact of the outer row, known at `at`, the one in force first."""
    return Consent.objects.filter(
        contact=OuterRef("pk"), purpose=purpose, channel=channel, occurred_at__lte=at, recorded_at__lte=at
    ).order_by(*LATEST_FIRST)


def _consented(purpose: Code, channel: str, at: datetime) -> Q:
    return Q(In(Subquery(current_consent(purpose, channel, at).values("state")[:1]), USABLE))


def own_consent_at(purpose: Code, channel: str, at: datetime) -> Coalesce:
    """When the person told us directly, and consents still; the beginning of time where that is not so.

    An objection from before then is lifted for this purpose and channel, by nobody but the person (section 9). What
    staff, imports and partners say of a consent is looked through, here as a yes; as a no it counts.
    """
    told = _told(current_consent(purpose, channel, at))
    in_force = Case(When(state__in=USABLE, then=F("occurred_at")), output_field=DateTimeField())
    return Coalesce(Subquery(told.values(moment=in_force)[:1]), Value(BEFORE_ALL, DateTimeField()))


def own_marketing_consent_at(contacts: Iterable[UUID], at: datetime) -> datetime | None:
    """When a person with these records last told us directly that they consent to some advertising, and still do.

    The same rule over every purpose and channel of marketing; the records count as one chain, so a no in either ends
    the yes of both. None when there is no such consent: then nothing lifts an objection to all of it (section 9).
    """
    adverts = Purpose.objects.filter(is_marketing=True).values("code")
    said = Consent.objects.filter(contact__in=list(contacts), purpose__in=adverts, occurred_at__lte=at)
    in_force: dict[tuple[str, str], Consent] = {}
    for event in _told(said.order_by(*LATEST_FIRST)):
        in_force.setdefault((event.purpose, event.channel), event)
    return max((event.occurred_at for event in in_force.values() if event.state in USABLE), default=None)


def _told(events: QuerySet[Consent, Consent]) -> QuerySet[Consent, Consent]:
    """The events that may lift an objection or end what lifted it: no yes but the person's own."""
    return events.exclude(state__in=USABLE, by_subject=False)


# Other grounds ------------------------------------------------------------------------------------------------------

SALE = Q(party=Party.CUSTOMER) & ~Q(kind__in=(AgreementKind.TRIAL, AgreementKind.BETA))
"""Agreements that are a sale to a customer."""
BY_THE_PERSON = Q(kind=AgreementKind.BETA)
"""Agreements that people conclude for themselves; every other is their employer's (domain section 4)."""


def _soft_opt_in(purpose: Code, at: datetime) -> Q:
    """The address came with a sale to this customer, who could refuse then, and the services are similar.

    Conditions of ePrivacy Art. 13(2) and UWG section 7(3); that nobody objected is a bar of its own, and every message
    offers the opt-out again.
    """
    similar = Purpose.objects.filter(code=purpose, similar_services=True)
    sold = Collection.objects.annotate(names=Cast("fields", TextField())).filter(
        contact=OuterRef("pk"),
        source__kind=SourceKind.SALES,
        source__offers_opt_out=True,
        collected_on__lte=local_date(at),
        names__contains='"email"',
    )
    customer = ties(local_date(at), SALE).filter(contact=OuterRef("pk"))
    return Q(Exists(similar)) & Q(Exists(sold)) & Q(Exists(customer))


def _contracted(purpose: Code, at: datetime) -> Q:
    """The purpose may rest on a contract, and there is one with the person, not only with the employer."""
    party = ties(local_date(at), BY_THE_PERSON).filter(contact=OuterRef("pk"))
    return _rests_on(Basis.CONTRACT, purpose, at) & Q(Exists(party))


def _rests_on(basis: Basis, purpose: Code, at: datetime) -> Q:
    """Whether the purpose may rest on this basis for a register the contact is in."""
    return in_a_register_of(usable_bases(at).filter(purpose__code=purpose, basis=basis), at)
