"""What a purge leaves behind: rows that point to nobody, and the journal's lines as plain data."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.fields.related import ForeignKey

from contacts.models import Affiliation, Contact
from contacts.personal_data import linked_models
from retention import journal

_LINKED = {Contact, Affiliation}


def orphans() -> dict[str, int]:
    """How many rows of which column point to a contact or affiliation that is not there; empty when all is well."""
    found = {}
    for model, name, target in links():
        gone = model._base_manager.exclude(**{f"{name}__isnull": True}).exclude(
            **{f"{name}__in": target._base_manager.values("pk")}
        )
        if count := gone.count():
            found[f"{model._meta.label}.{name}"] = count
    return found


def links() -> list[tuple[type[Model], str, type[Model]]]:
    """Every column that points to a contact or an affiliation: (model, column's attribute, target)."""
    return [
        (model, field.attname, target)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and (target := field.related_model) in _LINKED and not isinstance(target, str)
    ]


def declared_subjects() -> set[str]:
    """The models whose declarations name a contact."""
    return {model._meta.label for model, data in linked_models() if data.subject}


def journal_entries() -> list[dict[str, Any]]:
    """The journal's lines, oldest first, read without the program's own reader."""
    return [json.loads(line) for path in journal.segments() for line in path.read_text(encoding="ascii").splitlines()]
