"""The data dictionary (S158-S161): every field of every table, what it is, how long it stays, which files have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.db.models import Field, GenericIPAddressField, JSONField, Model, TextField
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS
from consent import audience
from consent.models.consents import Channel
from consent.models.purposes import Category, RegisterChoice
from consent.processing.tables import Table
from contacts.personal_data import OnErasure, PersonalData, Register, declared_models

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

OF_CONTACTS: Final[dict[str, str]] = {
    Category.IDENTITY: "reference salutation academic_title first_name last_name name_key",
    Category.ADDRESS: """
        email email_key email_digest domain_digest phone phone_digest language country street postcode city state
        linkedin_url
    """,
    Category.WORK: "job_title job_function",
    Category.INTERESTS: "topics notification_preferences",
}
"""The fields of a contact by category; the others say which register holds the person, and since when."""
OF_TABLES: Final[dict[str, str]] = {
    "contacts.Affiliation": Category.WORK,
    "contacts.Agreement": Category.ORGANISATION,
    "contacts.Engagement": Category.ACTIVITY,
    "contacts.Organisation": Category.ORGANISATION,
    "contacts.SystemAccount": Category.ACCOUNTS,
    "consent.AsideEngagement": Category.ACTIVITY,
    "consent.InterestProfile": Category.INTERESTS,
}
"""The tables that belong to one category of the purposes as a whole; any other is a category of its own."""
OBSERVING: Final = ("contacts.Engagement", "consent.AsideEngagement", "consent.InterestProfile")
"""Tables that say what a person did or seems to want."""
PERIODS: Final = {Register.MARKETING: MARKETING_PERIODS, Register.CUSTOMER: CUSTOMER_PERIODS}

FILES: Final[list[tuple[str | StrPromise, str, Callable[[], Iterable[str]]]]] = [
    (gettext_lazy("audience by e-mail"), "contacts.Contact", lambda: audience.columns(Channel.EMAIL)),
    (gettext_lazy("audience by phone"), "contacts.Contact", lambda: audience.columns(Channel.PHONE)),
    (gettext_lazy("audience by post"), "contacts.Contact", lambda: audience.columns(Channel.POST)),
    (gettext_lazy("list of who was left out"), "contacts.Contact", lambda: audience.LEFT_OUT),
]
"""Every kind of file that leaves Obhut with data of persons: its name, the table, and the fields in it."""


def dictionary() -> Table:
    """Every field of every declared table, in the order of the tables' names."""
    headings = (
        _("Table"), _("Field"), _("Meaning"), _("Kind"), _("Category"), _("Sensitivity"), _("Source"), _("Kept"),
        _("In files"),
    )  # fmt: skip
    models = sorted(declared_models(), key=lambda pair: pair[0]._meta.label)
    return Table(
        _("Data dictionary"),
        _("Every field of every table"),
        headings,
        [row for model, data in models for row in _rows(model, data)],
    )


def by_table() -> list[Table]:
    """The same on a page: a part for each table, which says once what all its fields have in common."""
    whole, (name, kept) = dictionary(), (0, 7)
    parts = []
    for label, rows in groupby(whole.rows, key=lambda row: str(row[name])):
        fields = list(rows)
        own = [tuple(cell for index, cell in enumerate(row) if index not in (name, kept)) for row in fields]
        headings = [cell for index, cell in enumerate(whole.headings) if index not in (name, kept)]
        meta = apps.get_model(label)._meta
        title = f"{named(meta.verbose_name_plural) or meta.object_name} ({label}): {fields[0][kept]}"
        parts.append(Table(label, title, headings, own))
    return parts


def _rows(model: type[Model], data: PersonalData) -> Iterator[tuple[str, ...]]:
    kept = time_limit(model, data)
    for one in model._meta.local_concrete_fields:
        personal = one.name in data.personal
        yield (
            model._meta.label,
            one.name,
            named(one.verbose_name),
            _("personal") if personal else _("organisational") if one.name in data.organisational else _("technical"),
            category(model, one.name) if personal or one.name in data.organisational else "–",
            sensitivity(model, one) if personal else "–",
            source(model, one),
            kept,
            ", ".join(str(name) for name, label, names in FILES if label == model._meta.label and one.name in names()),
        )


def named(name: object) -> str:
    """What people call a field or table, in their language; "" where only the program has a word for it."""
    return capfirst(str(name)) if isinstance(name, Promise) else ""


def category(model: type[Model], name: str) -> str:
    """The category of data that a field belongs to, in words (Art. 30(1)(c))."""
    label = model._meta.label
    if label == "contacts.Contact":
        found = next((one for one, names in OF_CONTACTS.items() if name in names.split()), "")
        return str(Category(found).label) if found else _("membership in the registers")
    return (
        str(Category(OF_TABLES[label]).label) if label in OF_TABLES else named(model._meta.verbose_name_plural) or label
    )


def sensitivity(model: type[Model], one: Field[Any, Any]) -> str:
    """How much care a personal field needs; data of Art. 9 and 10 is kept in none."""
    if one.name == "password":
        return _("secret, stored as a hash")
    if "digest" in one.name:
        return _("pseudonym, readable with our key only")
    if isinstance(one, GenericIPAddressField) or model._meta.label in OBSERVING:
        return _("high: what a person did or wants")
    if isinstance(one, TextField | JSONField):
        return _("high: free text, which may say anything")
    return _("ordinary")


def source(model: type[Model], one: Field[Any, Any]) -> str:
    """Where a field's value comes from; for a contact the collection names the place and the day."""
    if not one.editable or one.primary_key:
        return _("the program")
    if model._meta.app_label == "contacts":
        return _("the person, a partner, a third party or our staff; its collection says which")
    return _("recorded when it happens")


def time_limit(model: type[Model], data: PersonalData) -> str:
    """How long the rows of a table stay, in words (Art. 30(1)(f))."""
    limits = []
    if data.expiry:
        months = data.expiry.months
        since: Any = model._meta.get_field(data.expiry.field)
        text = ngettext(
            "%(months)s month, counted from: %(field)s", "%(months)s months, counted from: %(field)s", months
        )
        limits.append(text % {"months": months, "field": since.verbose_name})
    if data.register:
        newest = PERIODS[data.register][-1]
        said = {"register": RegisterChoice(data.register).label, "months": newest.months, "clause": newest.clause}
        limits.append(_("%(register)s: %(months)s months, %(clause)s") % said)
    elif data.on_erasure is OnErasure.DELETE:
        limits.append(_("as long as a register has a reason to keep the person"))
    if data.on_erasure is OnErasure.DETACH:
        limits.append(_("outlives the person, without what names them"))
    return "; ".join([*limits, *([str(data.reason)] if data.reason else [])])
