"""Records by the reference that people know, such as C-7K3M9Q: evidence names them by an id that outlives them.

Each app names its records in `AppConfig.ready`: the floor that keeps the evidence knows none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model

_KNOWN: dict[tuple[type[Model], str], None] = {}


def know(model: type[Model], key: str = "pk") -> None:
    """Let rows with a `reference` be found by it; `key` names the field with the id of what they stand for."""
    _KNOWN[model, key] = None


def ids_of(text: str) -> set[UUID]:
    """The ids of the records meant by a text: an id itself, or a reference; empty when there is none."""
    if (key := _uuid(text)) is not None:
        return {key}
    return {
        found
        for model, key_name in _KNOWN
        for found in model._base_manager.filter(reference__iexact=text).values_list(key_name, flat=True)
    }


def references_of(ids: Iterable[str]) -> dict[str, str]:
    """The reference of each of these records that has one, by the id as it was given."""
    given = {key: one for one in ids if (key := _uuid(one)) is not None}
    return {
        given[found]: reference
        for model, key_name in _KNOWN
        for found, reference in model._base_manager.filter(**{f"{key_name}__in": given}).values_list(
            key_name, "reference"
        )
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


__all__ = ["ids_of", "know", "references_of"]
