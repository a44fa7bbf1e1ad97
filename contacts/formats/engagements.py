"""Engagements: rows of our own format as canonical rows (S11, S15, S95)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from contacts.formats.cells import address, id_of, one_of, web_address, yes_no
from contacts.formats.dates import Clock
from contacts.formats.plan import Parser, Plan, Values, remembered, require
from contacts.formats.rows import EngagementRow, Rejection
from contacts.formats.table import Table, header_key
from contacts.models.engagement import EngagementKind

FIELDS = ("email", "kind", "occurred_at", "automated", "url", "external_id")
REQUIRED = ("email", "kind", "occurred_at")
KINDS = tuple(kind.value for kind in EngagementKind if kind is not EngagementKind.CONSENT)
"""Giving consent is an engagement too, but is recorded with its evidence, never claimed by a file."""


def read_engagements(table: Table, now: datetime) -> Iterator[EngagementRow | Rejection]:
    """The engagements of a file, row by row, as seen at `now` (aware); more than five minutes ahead is rejected (E8).

    `occurred_at` needs its offset from UTC. Raises UnreadableFile at once when columns are missing.
    """
    keys = {header_key(header) for header in table.headers}
    require(_("This is not an engagements file"), table, [name for name in REQUIRED if name not in keys])
    plan = Plan(table, dict(zip(FIELDS, FIELDS, strict=True)), _parsers(Clock(now)))
    return plan.read(lambda line, values: _engagement(line, values, plan))


def _engagement(line: int, values: Values, plan: Plan) -> EngagementRow | Rejection:
    for field in REQUIRED:
        if field not in values:
            return plan.rejection(line, field, _("The cell is empty."), _("Every engagement needs it."))
    return EngagementRow(line, **values)


def _parsers(clock: Clock) -> dict[str, Parser]:
    return {
        "email": address,
        "kind": remembered(one_of(KINDS)),
        "occurred_at": clock.past_instant,
        "automated": remembered(yes_no),
        "url": web_address,
        "external_id": id_of("external_id"),
    }
