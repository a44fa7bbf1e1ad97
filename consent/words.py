"""Codes that are stored in evidence, as people call them in their language."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext, gettext_noop

from consent.catalogue import PURPOSES
from consent.models.consents import Channel

NAMES: Final = {entry.code: entry.name for entry in PURPOSES}
METHODS: Final = (
    gettext_noop("double opt-in"),
    gettext_noop("e-mail"),
    gettext_noop("form"),
    gettext_noop("import"),
    gettext_noop("in person"),
    gettext_noop("letter"),
    gettext_noop("mail"),
    gettext_noop("phone"),
    gettext_noop("preference centre"),
    gettext_noop("retention"),
    gettext_noop("rights request"),
    gettext_noop("staff"),
)
"""How somebody told us, or was told; what staff or other systems wrote instead stays as it is."""


def purpose_name(code: str) -> str:
    """A purpose of the catalogue by its name, another by its code; "" is all of them."""
    return gettext(NAMES.get(code, code)) if code else gettext("every purpose")


def channel_name(code: str) -> str:
    """A channel by its name; "" is all of them."""
    return str(Channel(code).label) if code else gettext("every channel")


def method_name(stored: str) -> str:
    """How it came about."""
    return gettext(stored)
