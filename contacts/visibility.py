"""Who may see whom (S64, S65, S103; R16): one home, read by the directory and by every list of contacts in the admin.

    visible_to(user, at)             the contacts an account may see
    organisations_visible_to(...)    the organisations, of which sales see only those with somebody they may see
    sees_all(user)                   whether an account sees everybody, and every field

Nobody sees anything unless a line here says so. Whoever keeps the register sees all of it. Sales see the contacts of
their own subsidiary, or of its region where the account is set so; whoever a rule of a higher floor `hides` they do not
see at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from config.models import Subsidiary
from config.models.accounts import Sees
from contacts.models import Affiliation, Contact, Organisation

SEE: Final = "contacts.view_contact"
SEE_ALL: Final = "contacts.view_collection"
"""Where the data came from concerns nobody but those who keep the register."""

Hides = Callable[[datetime], Q]
_HIDING: list[Hides] = []


def hides(rule: Hides) -> Hides:
    """Register a condition on contacts at a moment (aware) that hides them from sales; each is named once."""
    if rule not in _HIDING:
        _HIDING.append(rule)
    return rule


def hidden(at: datetime) -> Q:
    """Whoever some rule hides from sales at the moment `at` (aware)."""
    found = Q()
    for rule in _HIDING:
        found |= rule(at)
    return found or Q(pk__in=())


def sees_all(user: Any) -> bool:
    """Whether the account keeps the register: it sees everybody, unmasked, in the admin as in the directory."""
    return bool(user.has_perm(SEE) and user.has_perm(SEE_ALL))


def visible_to(user: Any, at: datetime, contacts: QuerySet[Contact, Any] | None = None) -> QuerySet[Contact, Any]:
    """Those of the contacts (all, unless some are given) whom the account may see at the moment `at` (aware)."""
    rows = Contact.objects.all() if contacts is None else contacts
    if sees_all(user):
        return rows
    if not user.has_perm(SEE):
        return rows.none()
    return rows.filter(of_companies(companies_of(user))).exclude(hidden(at))


def organisations_visible_to(user: Any, at: datetime) -> QuerySet[Organisation, Organisation]:
    """The organisations the account may see at the moment `at` (aware): for sales, those with somebody visible."""
    if sees_all(user):
        return Organisation.objects.all()
    people = Affiliation.objects.filter(organisation=OuterRef("pk"), contact__in=visible_to(user, at).values("pk"))
    return Organisation.objects.filter(Exists(people))


# To which company a contact belongs (S64) -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Companies:
    """Some subsidiaries, and the countries whose contacts are theirs unless somebody gave them to another."""

    ids: frozenset[UUID]
    countries: frozenset[str]


def companies_of(user: Any) -> Companies:
    """The subsidiaries whose contacts an account in sales sees: its own, or those of the same region."""
    own = user.subsidiary
    if own is None:
        return together(())
    if user.sees != Sees.REGION or not own.region:
        return together([own])
    if hasattr(user, "near"):  # the account of a session brings them with it
        return together(Subsidiary(**{**one, "id": UUID(one["id"])}) for one in user.near)
    return together(Subsidiary.objects.filter(region=own.region))


def together(subsidiaries: Iterable[Subsidiary]) -> Companies:
    """Several subsidiaries as one."""
    some = list(subsidiaries)
    countries = {code for one in some for code in (one.country.code, *(served.code for served in one.serves))}
    return Companies(frozenset(one.pk for one in some), frozenset(countries - {""}))


def of_companies(companies: Companies) -> Q:
    """The contacts that belong to these companies: given to one of them, or given to none and of their countries."""
    return Q(subsidiary__in=companies.ids) | Q(subsidiary=None, country__in=companies.countries)
