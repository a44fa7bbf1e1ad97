"""What a step counted, in words: tables by the names people know, and the counts of the other steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from django.apps import apps
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

WORDS: Final = {
    "fields": _("fields of the record"),
    "rows": _("rows of data"),
    "withheld": _("withheld"),
    "bytes": _("size"),
    "restrictions": _("restrictions"),
    "objections": _("objections"),
}


def named(code: str) -> str:
    """A table by its label, or another count by its code, as people call it."""
    return str(WORDS[code]) if code in WORDS else str(apps.get_model(code)._meta.verbose_name_plural)


def in_words(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Each count with its name, in the order of the names; a size in its unit."""
    yield from sorted((named(code), filesizeformat(n) if code == "bytes" else str(n)) for code, n in counts.items())
