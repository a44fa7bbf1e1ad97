"""The program's own words that are stored in English, because they are data, in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.apps import apps
from django.contrib.auth.models import Permission
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop

COUNTED = (
    gettext_noop("contacts"), gettext_noop("notices"), gettext_noop("events"), gettext_noop("waiting"),
    gettext_noop("included"), gettext_noop("excluded"), gettext_noop("due"), gettext_noop("ahead"),
    gettext_noop("estimated"), gettext_noop("created"), gettext_noop("updated"), gettext_noop("unchanged"),
    gettext_noop("suppressed"), gettext_noop("quarantined"), gettext_noop("rejected"),
)  # fmt: skip
"""What is counted beside kinds of records."""


def kind_of(label: str, number: int = 1) -> str:
    """What people call a kind of record ("contacts.Contact"), or whatever else was counted (`COUNTED`)."""
    try:
        meta = apps.get_model(label)._meta
    except (LookupError, ValueError):
        return gettext(label)
    return str(meta.verbose_name if number == 1 else meta.verbose_name_plural)


def field_name(label: str, name: str) -> str:
    """What people call a field of a kind of record; of another record where an act was about such (data passed on)."""
    known = _fields()
    candidates = (fields[name] for fields in (known.get(label, {}), *known.values()) if name in fields)
    return str(next(candidates, "")) or gettext(name)


@cache
def _fields() -> dict[str, dict[str, Promise]]:
    """The fields of every kind of record that have a name in every language."""
    return {
        model._meta.label: {
            one.name: one.verbose_name
            for one in model._meta.local_concrete_fields
            if isinstance(one.verbose_name, Promise)
        }
        for model in apps.get_models()
    }


def counted(counts: Mapping[str, int]) -> str:
    """Stored counts in one line."""
    return ", ".join(f"{kind_of(name, number=count)} {count}" for name, count in counts.items())


OF_DJANGO = (
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Password-based authentication"),
    gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password."),
    gettext_noop("Reset password"),
    gettext_noop(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to "
        "authenticate using other backends, such as Single Sign-On or LDAP."
    ),
)
"""Texts of the accounts' pages that Django has not in German or not in Finnish."""

ACTS = {
    "view": gettext_lazy("view"),
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
}
"""What Django calls the permissions on a kind of record."""


def permission(one: Permission) -> tuple[str, str]:
    """The kind of record that a permission is about, and what it allows."""
    act = one.codename.partition("_")[0]
    return kind_of(f"{one.content_type.app_label}.{one.content_type.model}", 2), str(ACTS.get(act, one.name))
