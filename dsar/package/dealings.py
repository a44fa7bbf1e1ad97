"""What an access answer says of our own dealings with the person: look-ups, stops, requests, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from config.dates import local_date
from config.models import AccessEvent
from consent.models import Restriction, SuppressionEntry
from dsar.models import RightsRequest
from dsar.package import outside
from dsar.package.sections import Section, Telling, moment
from retention.bars import active_holds


def look_ups(told: Telling) -> Section:
    """When, for what purpose and in which role somebody looked at the record; never who (C-579/21)."""
    people = told.contacts if told.may_tell(AccessEvent) else ()
    found = [one for contact in people for one in outside.look_ups(contact)]
    rows = tuple((moment(one.at), one.purpose, _(one.role)) for one in found)
    sentence = _("Look-ups are named by time, purpose and role. The names of our staff are not part of this answer.")
    return Section(
        "look_ups", "15(1)", _("Who looked at your record"), (sentence,), (_("When"), _("Purpose"), _("Role")), rows
    )


def stops(told: Telling) -> Section:
    """Suppression, restrictions and holds: what stops us from using the data, or from deleting it."""
    mine = {"contact__in": told.subject.contacts if told.may_tell(Restriction) else ()}
    restricted = Restriction.objects.filter(lifted_at__isnull=True, **mine)
    held = active_holds(local_date(told.at)).filter(is_secret=False, **mine)
    rows = [
        *_suppressed(told),
        *((_("restricted, Art. 18"), str(one.get_ground_display()), moment(one.since_at)) for one in restricted),
        *((_("held, not deleted"), str(one.get_kind_display()), moment(one.placed_at)) for one in held),
    ]
    sentences = [_("Your address is on no list of addresses that get no advertising.")]
    if not told.may_tell(SuppressionEntry):
        sentences = []
    elif any(row[0] == _("on the suppression list") for row in rows):
        sentences = [
            _("Your address is on our list of addresses that get no advertising. It is kept there as a keyed digest.")
        ]
    return Section(
        "stops", "15(1)", _("What stops us"), tuple(sentences), (_("What"), _("Why"), _("Since")), tuple(rows)
    )


def _suppressed(told: Telling) -> Iterator[tuple[str, ...]]:
    """The entries of the suppression list, as they stand in the copy."""
    for table in told.tables:
        if table.name == "consent.suppressionentry":
            index = {column.name: number for number, column in enumerate(table.columns)}
            for row in table.rows:
                why = table.columns[index["reason"]].words(row[index["reason"]])
                since = datetime.fromisoformat(str(row[index["since_at"]]))
                yield _("on the suppression list"), why, moment(since)


def requests(told: Telling) -> Section:
    """The requests of the person so far."""
    mine = told.subject.requests if told.may_tell(RightsRequest) else ()
    found = RightsRequest.objects.filter(pk__in=mine).prefetch_related("asked").order_by("received_at")
    rows = tuple(
        (
            one.reference,
            moment(one.received_at),
            ", ".join(str(right) for right in one.asked.all()),
            str(one.get_status_display()),
        )
        for one in found
    )
    headers = (_("Reference"), _("Received"), _("Rights"), _("Status"))
    return Section("requests", "15(3)", _("Your requests"), (), headers, rows)


def missing(told: Telling) -> Section:
    """What the copy leaves out, each with its reason (S134; Art. 12(4), 15(4))."""
    untold = [one for one in told.passed_on if not one.may_tell]
    rows = [(one.what, one.why, str(one.count)) for one in told.withheld]
    rows += [(_("a disclosure"), one.untold_because, "1") for one in untold]
    sentences = (
        _("Keys of rows are left out: they say nothing about you. Our staff are named by role."),
        *(() if rows else (_("Nothing else was withheld."),)),
    )
    headers = (_("What"), _("Why"), _("Values"))
    return Section("withheld", "15(4)", _("What was withheld, and why"), sentences, headers, tuple(rows))
