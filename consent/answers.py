"""The permission rule asked about one contact and many purposes at once.

Composing the rule's statement costs far more than running it for one contact, so it is composed once for each channel
and filled in with each purpose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from config.sql import compiled
from consent.grounds import Ground
from consent.permission import Bar, Permission, weighed
from contacts.models import Contact

_BLANK = "<purpose>"
_COLUMNS = ("ground", *(f"bar_{bar}" for bar in Bar))


class Use(NamedTuple):
    """A purpose and a channel; "" for work behind the scenes."""

    purpose: str
    channel: str


def answers(contact: UUID, uses: Iterable[Use], at: datetime) -> dict[Use, Permission]:
    """`permission.may_use` for each use at the moment `at` (aware); empty for somebody who has been erased."""
    by_channel: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        by_channel[use.channel].append(use)
    found = {}
    with connection.cursor() as cursor:
        for channel, some in by_channel.items():
            rows = weighed(_BLANK, channel, at, Contact.objects.filter(pk=contact))
            sql, params = compiled(rows.values_list(*_COLUMNS))
            for use in some:
                cursor.execute(sql, [use.purpose if one == _BLANK else one for one in params])
                for ground, *bars in cursor.fetchall():
                    standing = tuple(bar for bar, stands in zip(Bar, bars, strict=True) if stands)
                    found[use] = Permission(Ground(ground) if ground else None, standing)
    return found
