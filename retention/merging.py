"""What a hold asks of somebody who takes a merge back (E28, E30)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from config.dates import local_date
from contacts.models import Contact
from retention.bars import active_holds


def held_since(contact: Contact, since: datetime, at: datetime, **_kwargs: Any) -> list[str]:
    """A hold placed on the merged contact covers all of it: taking the merge back would leave a part without it."""
    if active_holds(local_date(at)).filter(contact=contact.pk, placed_at__gt=since).exists():
        return [_("A hold was placed on this contact since. Release it first, or leave the merge as it is.")]
    return []
