"""The directory of sales: people by name, and what a page says about one, without what is masked.

A page is filled from cards and never from a record, so what a card does not hold cannot reach the page's source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.conf.locale import LANG_INFO
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.utils.translation import get_language_info, gettext_noop
from django.utils.translation import gettext_lazy as _

from contacts.masking import masked_email, masked_phone, masked_text
from contacts.models import Affiliation, Agreement, Contact, Organisation
from contacts.models.organisations import Party
from contacts.relationship import Relationship, counted, live, related

People = QuerySet[Contact, Any]

PER_PAGE: Final = 50
MOST_COLLEAGUES: Final = 20
MASKED: Final = {
    "email": (_("E-mail"), masked_email),
    "phone": (_("Phone"), masked_phone),
    "postal_address": (_("Postal address"), masked_text),
    "linkedin_url": (_("LinkedIn"), masked_text),
}
"""What sales see masked, until they reveal it."""
LANGUAGE_NAMES: Final = (
    gettext_noop("Armenian"),
    gettext_noop("Belarusian"),
    gettext_noop("Burmese"),
    gettext_noop("Kazakh"),
    gettext_noop("Khmer"),
    gettext_noop("Luxembourgish"),
    gettext_noop("Nepali"),
    gettext_noop("Norwegian"),
    gettext_noop("Norwegian Bokmal"),
    gettext_noop("Ossetic"),
    gettext_noop("Punjabi"),
    gettext_noop("Tatar"),
    gettext_noop("Thai"),
)
"""Languages that Django's catalogues leave in English, or call "the language of" in one list with plain names."""


# People by name -------------------------------------------------------------------------------------------------------


def after(people: People, marker: str) -> People:
    """The people by name, from the one after a marker on ("": from the beginning); those without a name come first.

    A marker is the id of one of these people, because a name in an address ends in logs; after anybody else comes
    nobody, or the order would tell where a name stands that may not be seen. Raises ValueError for what is no id.
    """
    ordered = people.order_by("name_key", "pk")
    if not marker:
        return ordered
    last = UUID(marker)
    key = Subquery(people.filter(pk=last).order_by().values("name_key"))
    return ordered.filter(Q(name_key__gt=key) | Q(pk__gt=last), name_key__gte=key)


def until(people: People, last: Contact | None) -> People:
    """Those of the people who come no later than one of them; everybody when there is no such one."""
    if last is None:
        return people
    return people.filter(Q(name_key__lt=last.name_key) | Q(pk__lte=last.pk), name_key__lte=last.name_key)


def at_distance(people: People, number: int) -> Contact | None:
    """The last of so many people in their order; None when there are not that many."""
    found: Contact | None = people.only("pk", "name_key")[number - 1 : number].first()
    return found


def shown(people: People, on: date) -> People:
    """The people with what their cards say: where they work on that day, and what they are to us."""
    employer = working(on).filter(contact=OuterRef("pk")).order_by(F("ended_on").desc(nulls_first=True), "-id")
    is_related = {f"is_{kind}": ExpressionWrapper(condition, BooleanField()) for kind, condition in related(on).items()}
    return people.annotate(
        employer=Subquery(employer.values("organisation__name")[:1]),
        employer_id=Subquery(employer.values("organisation")[:1], output_field=UUIDField()),
        **is_related,
    )


def working(on: date) -> QuerySet[Affiliation, Affiliation]:
    """The affiliations that have not ended by that day."""
    return Affiliation.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=on))


# Cards ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """What a list says about one person: nothing that would have to be masked."""

    pk: UUID
    reference: str
    name: str
    work: str
    country: str
    language: str
    employer: str
    employer_id: UUID | None
    relationships: tuple[str, ...]


def card(person: Any) -> Card:
    """The card of a person out of `shown`."""
    return Card(
        pk=person.pk,
        reference=person.reference,
        name=person.full_name,
        work=person.job_title or person.job_function,
        country=str(person.country.name),
        language=language_name(person.language),
        employer=person.employer or "",
        employer_id=person.employer_id,
        relationships=tuple(str(kind.label) for kind in Relationship if getattr(person, f"is_{kind}")),
    )


@dataclass(frozen=True, slots=True)
class Detail:
    """One way to reach a person, as the account sees it."""

    label: str
    value: str
    link: str = ""


def languages() -> list[tuple[str, str]]:
    """The languages of two letters by their names, in the reader's language."""
    codes = [code for code, info in LANG_INFO.items() if len(code) == 2 and "name" in info]
    return sorted(((code, language_name(code)) for code in codes), key=lambda one: one[1].casefold())


def language_name(code: str) -> str:
    """What a language is called in the reader's language; its code where nobody knows."""
    return str(get_language_info(code)["name_translated"]) if "name" in LANG_INFO.get(code, {}) else code


def details(person: Contact, *, masked: bool) -> list[Detail]:
    """The ways to reach a person that we hold, masked unless they were revealed."""
    links = {"email": "mailto:", "phone": "tel:"}
    found = []
    for name, value in addresses(person).items():
        label, mask = MASKED[name]
        if masked:
            found.append(Detail(str(label), mask(value)))
        else:
            found.append(Detail(str(label), value, f"{links[name]}{value}" if name in links else ""))
    return found


def addresses(person: Contact) -> dict[str, str]:
    """What `MASKED` names, as far as we hold it."""
    place = " ".join(part for part in (person.postcode, person.city) if part)
    known = {
        "email": person.email,
        "phone": person.phone,
        "postal_address": ", ".join(part for part in (person.street, place) if part) if person.street else "",
        "linkedin_url": person.linkedin_url,
    }
    return {name: value for name, value in known.items() if value}


# Organisations --------------------------------------------------------------------------------------------------------


def standings(on: date, organisation: str = "pk") -> dict[str, Any]:
    """What an organisation is to us on that day, as annotations; it is named by that field of the row."""
    mine = Agreement.objects.filter(organisation=OuterRef(organisation))
    return {
        "is_customer": Exists(mine.filter(live(on), party=Party.CUSTOMER)),
        "is_partner": Exists(mine.filter(live(on), party=Party.PARTNER)),
        "was_tied": Exists(mine.filter(counted(on))),
    }


def standing(row: Any) -> list[str]:
    """The same in words."""
    now = [Relationship.CUSTOMER] * row.is_customer + [Relationship.PARTNER] * row.is_partner
    other = Relationship.FORMER if row.was_tied else Relationship.PROSPECT
    return [str(kind.label) for kind in now or [other]]


def employers(person: Contact, on: date) -> list[Affiliation]:
    """Where a person works and worked, the present first; each organisation knows its standing."""
    there = Affiliation.objects.filter(contact=person).select_related("organisation")
    links = list(there.annotate(**standings(on, "organisation")).order_by(F("ended_on").desc(nulls_first=True), "-id"))
    for link in links:
        link.is_over = link.ended_on is not None and link.ended_on < on  # type: ignore[attr-defined]
        link.standing = standing(link)  # type: ignore[attr-defined]
    return links


def of_organisations(people: People, organisations: Iterable[UUID], on: date) -> People:
    """Those of the people who work at one of these organisations on that day."""
    there = working(on).filter(contact=OuterRef("pk"), organisation__in=list(organisations))
    return people.filter(Exists(there))


def agreements_of(organisation: Organisation, on: date) -> Sequence[Any]:
    """The agreements with an organisation, the newest first; each knows whether it is in force on that day."""
    now_live = Exists(Agreement.objects.filter(live(on), pk=OuterRef("pk")))
    return list(organisation.agreements.annotate(is_live=now_live).order_by("-starts_on", "-pk"))
