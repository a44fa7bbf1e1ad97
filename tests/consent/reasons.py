"""Grounds for the tests: assessments written and approved, versions published, people informed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from config.dates import add_months, local_date
from config.sql import may_change_evidence
from consent.models import Assessment, LegalBasis, Notice, PolicyVersion
from consent.models.purposes import Basis
from contacts.models import Collection, Contact, Source
from tests.staff import NOW, TODAY

WORDS = {
    "our_interest": "We sell services.",
    "their_interest": "The employer finds them.",
    "necessity": "Nobody can be written to otherwise.",
    "balancing": "Business data only.",
}


def basis(purpose: str = "marketing", register: str = "marketing") -> LegalBasis:
    """A basis of the catalogue."""
    return LegalBasis.objects.get(purpose__code=purpose, register=register)


def draft(ground: LegalBasis | None = None, **fields: Any) -> Assessment:
    """An assessment that somebody wrote and nobody approved, to be reviewed in a year."""
    known = {"review_on": add_months(TODAY, 12), "written_at": NOW, **WORDS} | fields
    return Assessment.objects.create(basis=ground or basis(), **known)


def assessed(ground: LegalBasis | None = None, at: datetime = NOW, **fields: Any) -> Assessment:
    """An assessment in force since `at`."""
    return draft(ground, **{"approved_at": at, "review_on": add_months(local_date(at), 12)} | fields)


def weigh_everything(at: datetime = NOW) -> None:
    """An assessment in force for every basis that needs one."""
    for one in LegalBasis.objects.filter(basis=Basis.LEGITIMATE_INTERESTS):
        assessed(one, at)


def published(version: str, on: date, language: str = "en", **fields: Any) -> PolicyVersion:
    """One text of a later version, a material change unless it says otherwise."""
    known: dict[str, Any] = {"title": "Privacy policy", "text": "We changed it.", "changes": "Longer words."}
    known |= {"places": ["https://www.f-secure.com"], "is_material": True} | fields
    return PolicyVersion.objects.create(version=version, language=language, published_on=on, **known)


def seeded() -> PolicyVersion:
    """The version of September 2019."""
    return PolicyVersion.objects.get(version="2019-09")


def remove_evidence(rows: Any) -> None:
    """Take rows of evidence away, as only erasure may."""
    may_change_evidence()
    rows.delete()


def told(contact: Contact, policy: PolicyVersion | None = None, at: datetime = NOW) -> Notice:
    """That somebody was informed."""
    return Notice.objects.create(contact=contact, kind="art14", policy=policy or seeded(), given_at=at, recorded_at=at)


def collected(contact: Contact, *, by_subject: bool, code: str = "fair", on: date = TODAY) -> Collection:
    """Where the contact's data came from."""
    source, _created = Source.objects.get_or_create(code=code)
    return Collection.objects.create(
        contact=contact, source=source, collected_on=on, supplied_by_subject=by_subject, fields=["email"]
    )
