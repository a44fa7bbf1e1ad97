"""What a row of a third party may say (S16, S17): the rest is not stored, and the report names it."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from django.utils.translation import gettext as _

from contacts.formats.rows import ContactRow
from contacts.labels import label_of
from contacts.models import Source
from contacts.suppliers import NOT_FROM_OTHERS, OTHERS

_EMPTY: Final = {field.name: field.default for field in fields(ContactRow)}


def trim(row: ContactRow, source: Source) -> None:
    """Empty what the policy does not name for such a source, and say so in the row's notes."""
    if source.kind not in OTHERS:
        return
    left_out = [name for name in NOT_FROM_OTHERS if getattr(row, name)]
    for name in left_out:
        setattr(row, name, _EMPTY[name])
    if left_out:
        names = ", ".join(sorted(label_of(name) for name in left_out))
        row.notes += (
            _("Not stored, because the policy names no such data of a third party (S16): %(fields)s.")
            % {"fields": names},
        )
