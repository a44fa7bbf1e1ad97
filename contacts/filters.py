"""How contacts are found: one search box, and filters that each call the rule they are named after."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from config import keys
from config.admin_site.filters import ChoiceFilter, TextFilter, choice_filter
from config.dates import local_date, now
from contacts.identity import email_key
from contacts.merged import leading_from
from contacts.models import Affiliation, Collection, Contact, Source
from retention import attention, due
from retention.bars import active_holds, active_restrictions, data_gaps

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

Contacts = QuerySet[Contact, Contact]

# Search -------------------------------------------------------------------------------------------------------------

_REFERENCE = re.compile(r"[Cc]-?([0-9A-Za-z]{6})")
_LOOKALIKES = str.maketrans("ILO", "110")
MOST_WORDS = 5
MOST_SOURCES = 200


def search(contacts: Contacts, text: str) -> Contacts:
    """The contacts meant by what somebody typed: an address or its beginning, a reference, an id, or a name.

    A name is looked for at the beginning, in either order of its parts; anywhere in it only when that finds nobody.
    """
    text = text.strip()
    if not text:
        return contacts
    if "@" in text:
        return _by_address(contacts, text)
    if reference := reference_in(text):
        exact = contacts.filter(Q(reference=reference) | Q(pk__in=leading_from(Q(reference=reference))))
        return exact if "-" in text or any(map(str.isdigit, text)) or exact.exists() else _by_name(contacts, text)
    try:
        return contacts.filter(pk=UUID(text))
    except ValueError:
        return _by_name(contacts, text)


def _by_address(contacts: Contacts, text: str) -> Contacts:
    """By the matching key where the text is a whole address, else by its beginning; "@firm.example" finds a domain."""
    if text.startswith("@"):
        return contacts.filter(email_key__endswith=text.lower())
    try:
        key = email_key(text)
    except ValueError:
        key = text.lower()
    return contacts.filter(Q(email_key__startswith=key) | Q(pk__in=leading_from(Q(email_key__startswith=key))))


def _by_name(contacts: Contacts, text: str) -> Contacts:
    exact = contacts.filter(named(text))
    return exact if not text.strip(" ,") or exact.exists() else contacts.filter(named_anywhere(text))


def _words(text: str) -> list[str]:
    return text.casefold().replace(",", " ").split()[:MOST_WORDS]


def named(text: str) -> Q:
    """The key is "last first", so each way to cut the words into first and last names is a beginning to try."""
    words, whole = _words(text), Q()
    for beginning in {" ".join(words[cut:] + words[:cut]) for cut in range(len(words))}:
        whole |= Q(name_key__startswith=beginning)
    return whole


def named_anywhere(text: str) -> Q:
    """Each of the words is somewhere in the name."""
    found = Q()
    for word in _words(text):
        found &= Q(name_key__contains=word)
    return found


def reference_in(text: str) -> str:
    """The reference somebody typed, as it is kept; "" for what is none."""
    found = _REFERENCE.fullmatch(text)
    return f"C-{found[1].upper().translate(_LOOKALIKES)}" if found else ""


def digests(text: str) -> list[str]:
    """The keyed digests of an address somebody typed, under every key: how evidence of an erased person is found."""
    try:
        return [digest for _version, digest in keys.all_digests(email_key(text.strip()))]
    except ValueError:
        return []


# Filters ------------------------------------------------------------------------------------------------------------


def today() -> date:
    """The present day in the controller's time zone."""
    return local_date(now())


class DueFilter(ChoiceFilter):
    """Contacts some rule acts on soon, by the state table of due dates."""

    title = _("due")
    parameter_name = "due"
    DAYS = {"now": 0, "30": 30, "365": 365}

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, Any]]:
        return (("now", _("now")), ("30", _("within 30 days")), ("365", _("within a year")))

    def queryset(self, request: HttpRequest, queryset: Contacts) -> Contacts:
        days = self.DAYS.get(self.value() or "")
        if days is None:
            return queryset
        return queryset.filter(pk__in=due.due(today() + timedelta(days=days)).values("contact"))


class HeldFilter(ChoiceFilter):
    """Contacts whom something keeps from the rules."""

    title = _("held")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, Any]]:
        return (
            ("yes", _("for any reason")),
            ("legal", _("legal hold")),
            ("request", _("rights request")),
            ("restriction", _("restriction")),
            ("gap", _("no agreement?")),
        )

    def queryset(self, request: HttpRequest, queryset: Contacts) -> Contacts:
        wanted, on = self.value(), today()
        reasons: dict[str, Callable[[], QuerySet[Any, Any]]] = {
            "legal": lambda: active_holds(on).filter(kind="legal"),
            "request": lambda: active_holds(on).filter(kind="request"),
            "restriction": active_restrictions,
            "gap": lambda: data_gaps(on),
        }
        held = [Q(pk__in=rows().values("contact")) for name, rows in reasons.items() if wanted in ("yes", name)]
        return queryset.filter(reduce(or_, held)) if held else queryset


class DoubtfulFilter(ChoiceFilter):
    """Contacts with a date that a run reports: estimated, or in the future (E4, E8)."""

    title = _("doubtful date")
    parameter_name = "doubtful"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, Any]]:
        return (("estimated", _("day of collection estimated")), ("ahead", _("in the future")))

    def queryset(self, request: HttpRequest, queryset: Contacts) -> Contacts:
        wanted = {"estimated": attention.ESTIMATED, "ahead": attention.ahead(today())}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)


class SourceFilter(ChoiceFilter):
    """Contacts with something collected from one source, by its code; the newest sources can be chosen."""

    title = _("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, Any]]:
        newest = Source.objects.order_by("-id")[:MOST_SOURCES]
        return sorted(((one.code, str(one)) for one in newest), key=lambda choice: choice[1].casefold())

    def queryset(self, request: HttpRequest, queryset: Contacts) -> Contacts:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=Collection.objects.filter(source__code=self.value()).values("contact"))


class OrganisationFilter(TextFilter):
    """Contacts linked to one organisation; reached from the organisation's page."""

    title = _("organisation")
    parameter_name = "organisation"
    hidden = True

    def queryset(self, request: HttpRequest, queryset: Contacts) -> Contacts:
        try:
            key = UUID(self.value() or "")
        except ValueError:
            return queryset.none() if self.value() else queryset
        return queryset.filter(pk__in=Affiliation.objects.filter(organisation=key).values("contact"))


class CountryFilter(ChoiceFilter):
    """Contacts of one country; the choices are the world's, not what a scan of the table finds."""

    title = _("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Sequence[tuple[str, Any]]:
        return list(countries)

    def queryset(self, request: HttpRequest, queryset: Contacts) -> Contacts:
        return queryset.filter(country=self.value()) if self.value() else queryset


REGISTERS = (
    ("marketing", _("marketing")),
    ("customer", _("customers and partners")),
    ("both", _("both registers")),
    ("none", _("no register")),
)

FILTERS = (
    DueFilter,
    HeldFilter,
    DoubtfulFilter,
    choice_filter("due__register", REGISTERS, _("register"), name="register"),
    choice_filter("in_marketing", ((True, _("yes")), (False, _("no"))), _("in marketing")),
    CountryFilter,
    SourceFilter,
    OrganisationFilter,
)
"""The filters of the contact list, in their order."""
