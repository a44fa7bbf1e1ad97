"""What merging two contacts would do, for the page on which somebody decides (S42): asked, and nothing is written.

Values, rows and dates come from where the merge takes them: `settled`, `rows_that_follow`, and the retention rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from config.together import counts
from contacts.merge_fields import Field, fields_of
from contacts.merging import refuse, rows_that_follow, settled
from contacts.models import Contact
from contacts.personal_data import OnMerge, linked_models
from contacts.signals import contacts_as_one


@dataclass(frozen=True, slots=True)
class Outlook:
    """The contact that two would be: its fields and state, how many rows follow of each table, and its due dates."""

    fields: list[Field]
    values: dict[str, Any]
    following: dict[type[Model], int]
    due: Any


def preview(survivor: Contact, merged: Contact, *, at: datetime) -> Outlook:
    """What merging `merged` into `survivor` at the moment `at` would do; raises Refused as `merge` does."""
    refuse(survivor, merged, at)
    fields = fields_of(survivor, merged)
    values = settled(survivor, merged, fields, at)
    linked = [one for one in linked_models() if one[1].on_merge is OnMerge.MOVE]
    following = counts({model: rows_that_follow(model, data, merged) for model, data in linked})
    ((_receiver, due),) = contacts_as_one.send(Contact, survivor=survivor, merged=merged, values=values, at=at)
    return Outlook(fields, values, {model: count for model, count in following.items() if count}, due)
