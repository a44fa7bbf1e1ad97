"""Why the demo's data may be used: interests weighed for every purpose, and people informed, most of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from django.conf import settings

from config.dates import add_months
from config.models import User
from consent.models import Assessment, LegalBasis, Notice, PolicyVersion
from consent.models.notices import NoticeKind
from consent.models.purposes import Basis, RegisterChoice
from contacts.models import Contact

TOLD_WITHIN: Final = 28
"""In the demo everybody is informed within four weeks; the shortest month has as many days."""
INTERESTS: Final = {
    RegisterChoice.MARKETING: (
        "To show our services to people who decide about them.",
        "The employer learns which services fit its needs, without searching for them.",
        "Addressing the right function at work is not possible without knowing who holds it.",
        "Business data only, from sources that are named; one click ends it; the person's private life is not touched.",
    ),
    RegisterChoice.CUSTOMER: (
        "To provide and invoice what was agreed, and to keep in touch about it.",
        "The employer receives the services it ordered, and help from people who know its case.",
        "The work is done with the employees the customer names; it cannot be done without them.",
        "Employees expect to be contacted about a contract of their employer; the data is limited to their role.",
    ),
}


def assessments(today: date) -> Iterator[Assessment]:
    """One in force for every purpose that rests on interests; one must be renewed soon, one renewal waits."""
    writer, officer = User.objects.get(username="clerk"), User.objects.get(username="officer")
    resting = LegalBasis.objects.filter(basis=Basis.LEGITIMATE_INTERESTS).order_by("purpose", "-register")
    for number, basis in enumerate(resting):
        soon = number == 0
        written_at = _at(today - timedelta(days=100), 9)
        words = _words(basis)
        yield Assessment(
            **words,
            written_at=written_at,
            written_by=writer.pk,
            approved_at=written_at + timedelta(days=2),
            approved_by=officer.pk,
            review_on=today + timedelta(days=40) if soon else add_months(today, 18),
        )
        if soon:
            review_on = add_months(today, 23)
            yield Assessment(
                **words, written_at=_at(today, 0), written_by=writer.pk, review_on=review_on
            )  # fmt: skip


def _words(basis: LegalBasis) -> dict[str, object]:
    ours, theirs, necessity, balancing = INTERESTS[RegisterChoice(basis.register)]
    return {
        "basis": basis,
        "our_interest": ours,
        "their_interest": theirs,
        "necessity": necessity,
        "balancing": balancing,
    }


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), settings.CONTROLLER_ZONE)


def notice(contact: Contact, versions: list[PolicyVersion], today: date, *, by_subject: bool) -> Notice | None:
    """When the person was informed: at the form, or some weeks later; None for whom a notice is still owed.

    Whoever was there before the oldest of the versions was told when it was published.
    """
    random = Random(contact.reference)  # noqa: S311  (repeatable, nothing secret)
    first = min(version.published_on for version in versions)
    day = max(contact.collected_on + timedelta(days=0 if by_subject else random.randint(1, TOLD_WITHIN)), first)
    if day >= today:
        return None
    policy = max((one for one in versions if one.published_on <= day), key=lambda one: one.published_on)
    at = _at(day, random.randint(8, 16))
    return Notice(
        contact=contact,
        kind=NoticeKind.COLLECTION if by_subject else NoticeKind.ELSEWHERE,
        policy=policy,
        given_at=at,
        method="form" if by_subject else "e-mail",
        recorded_at=at,
    )
