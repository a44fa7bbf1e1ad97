"""What a higher floor has to say about a form of a lower one, without being imported by it.

@form_check("contacts.contact")
def suppressed(contact: Contact, cleaned: dict[str, Any]) -> Iterator[tuple[str, str]]:
yield "in_marketing", _("This address is on the suppression list.")
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Model

Check = Callable[[Any, dict[str, Any]], Iterable[tuple[str, str]]]

_CHECKS: dict[str, list[Check]] = defaultdict(list)


def form_check(model: str) -> Callable[[Check], Check]:
    """Register a check of the form of a model ("contacts.contact").

    Gets the record as stored (or a new one) and the form's cleaned data; yields (field, message) for each problem.
    """

    def register(function: Check) -> Check:
        _CHECKS[model].append(function)
        return function

    return register


def problems(record: Model, cleaned: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What all registered checks object to."""
    for check in _CHECKS[record._meta.label_lower]:
        yield from check(record, cleaned)
