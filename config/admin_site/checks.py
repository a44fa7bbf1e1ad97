"""What a higher floor has to say about a form of a lower one, in its own `form_checks.py`.

@form_check("contacts.contact")
def suppressed(contact: Contact, cleaned: dict[str, Any]) -> Iterator[Finding]:
yield Finding("in_marketing", _("This address is on the suppression list."))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from config.models import Actor

Settle = Callable[[Actor, Any], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: refused with a message at a field, unless `settle` says what saving it entails.

    `settle` gets who saves, and the record about to be saved, in the transaction of the save; it returns the sentence
    to show afterwards. Where `confirm` is set, an account with `permission` must first tick a box of that wording.
    """

    field: str
    message: str = ""
    settle: Settle | None = None
    confirm: str = ""
    permission: str = ""

    @property
    def box(self) -> str:
        """The name of the box to tick."""
        return f"confirm-{self.field}"


Check = Callable[[Any, dict[str, Any]], Iterable[Finding]]

_CHECKS: dict[str, list[Check]] = defaultdict(list)


def form_check(model: str) -> Callable[[Check], Check]:
    """Register a check of the form of a model ("contacts.contact").

    Gets the record as stored (or a new one) and the form's cleaned data; yields what it finds.
    """

    def register(function: Check) -> Check:
        _CHECKS[model].append(function)
        return function

    return register


def findings(record: Model, cleaned: dict[str, Any]) -> Iterator[Finding]:
    """What all registered checks have to say."""
    for check in _CHECKS[record._meta.label_lower]:
        yield from check(record, cleaned)
