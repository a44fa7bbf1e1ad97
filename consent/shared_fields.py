"""What can be passed on of a contact, by category (Art. 5(1)(c); S60, S61, S67): what a purpose needs, and no more.

A purpose of the catalogue names the categories it needs; nothing else is passed on for it. Every file also has our
reference, so that a recipient knows later whom a correction or an erasure means.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from consent.models import InterestProfile, Purpose
from consent.models.purposes import Category
from contacts.models import Affiliation, Contact

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

BY_CATEGORY: Final[dict[Category, tuple[str, ...]]] = {
    Category.IDENTITY: ("salutation", "academic_title", "first_name", "last_name", "language"),
    Category.ADDRESS: ("email", "phone", "street", "postcode", "city", "state", "country"),
    Category.WORK: ("job_title", "job_function", "linkedin_url"),
    Category.ORGANISATION: ("organisation", "industry", "company_size"),
    Category.INTERESTS: ("topics",),
    Category.ACTIVITY: ("last_engaged_on", "interest_score"),
}
"""The fields of each category, in the order of the file; accounts in our systems are passed on to nobody."""

FIELDS: Final = tuple(name for names in BY_CATEGORY.values() for name in names)
INTEREST: Final = frozenset(BY_CATEGORY[Category.INTERESTS])
"""General data about somebody's interest (S61)."""
PROFILE: Final = frozenset(BY_CATEGORY[Category.ACTIVITY])
"""What is made of somebody's activity on our websites (S60)."""
TO_REACH: Final = frozenset("salutation first_name last_name email phone job_function organisation".split())
"""What somebody needs in order to turn to a person at work."""

_ELSEWHERE: Final[dict[str, StrPromise]] = {
    "organisation": _("organisation"),
    "industry": _("industry"),
    "company_size": _("company size"),
    "interest_score": _("interest score"),
}


def label(name: str) -> str:
    """The field's name for people."""
    found: Any = _ELSEWHERE.get(name) or Contact._meta.get_field(name)
    return str(getattr(found, "verbose_name", found))


def labels(names: Iterable[str]) -> str:
    """Several names for people, in one line."""
    return ", ".join(label(name) for name in names)


def most(purpose: Purpose) -> tuple[str, ...]:
    """The fields of the categories the purpose needs: nothing beyond is passed on for it."""
    return tuple(name for category, names in BY_CATEGORY.items() if category in purpose.categories for name in names)


def smallest(purpose: Purpose) -> tuple[str, ...]:
    """What is passed on when nobody asks for other fields: whom it is about and how to reach them at work."""
    return tuple(name for name in most(purpose) if name in TO_REACH)


def with_fields(contacts: QuerySet[Contact, Any], names: Iterable[str]) -> QuerySet[Contact, Any]:
    """The contacts with a column for each of the names, also those of the present employer, else the last one."""
    employer = Affiliation.objects.filter(contact=OuterRef("pk")).order_by(F("ended_on").desc(nulls_first=True), "-id")
    elsewhere: dict[str, Any] = {
        "organisation": employer.values("organisation__name"),
        "industry": employer.values("organisation__industry"),
        "company_size": employer.values("organisation__company_size"),
        "interest_score": InterestProfile.objects.filter(contact=OuterRef("pk")).values("score"),
    }
    columns = {
        name: Subquery(elsewhere[name][:1], **({} if name == "interest_score" else {"output_field": CharField()}))
        for name in names
        if name in elsewhere
    }
    return contacts.annotate(**columns)
