"""Decides about agreement rows: which organisation, new or known, changed or not (S96, S97)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from config.models import Actor
from config.models.audit import ActorKind
from config.sql import array
from consent.intake.organisations import Organisations
from consent.intake.outcome import Context, RowOutcome
from consent.models.airlock import Decision
from contacts import conversions
from contacts.formats.rows import AgreementRow
from contacts.models import Affiliation, Agreement
from contacts.models.organisations import change_agreements

DATES = ("signed_on", "starts_on", "ends_on", "terminated_on")
FIELDS = ("party", "kind", *DATES, "via_partner")


class AgreementChunk:
    """One chunk of agreement rows. An agreement is known by its reference, or without one by party, kind and start."""

    def __init__(self, rows: Sequence[AgreementRow], context: Context) -> None:
        self.rows = rows
        self.context = context
        self.organisations = Organisations(rows, context)
        found = array(one.id for many in self.organisations.by_name.values() for one in many)
        change_agreements()
        self.known: dict[tuple[Any, ...], Agreement] = {}
        for agreement in Agreement.objects.filter(organisation__among=found).order_by("-created_at"):
            self.known[_key(agreement.organisation_id, agreement)] = agreement
        keys = [_key(one.id, row) for row in rows if (one := self.organisations.find(row))]
        self.known |= context.recall("agreement", keys)
        self.fresh: list[Agreement] = []
        self.changed: dict[Any, Agreement] = {}
        self.said: dict[Any, dict[str, Any]] = {}

    def decide(self) -> list[RowOutcome]:
        """The outcome of every row, in order."""
        return [self._decide(row) for row in self.rows]

    def _decide(self, row: AgreementRow) -> RowOutcome:
        organisation = self.organisations.find_or_create(row)
        if organisation is None:
            raise ValueError("a row without an organisation is refused by the format")
        values = {name: getattr(row, name) for name in FIELDS}
        agreement = self.known.get(_key(organisation.id, row))
        if agreement is None:
            agreement = Agreement(
                organisation_id=organisation.id,
                reference=row.reference,
                created_at=self.context.at,
                updated_at=self.context.at,
                **values,
            )
            self.known[_key(organisation.id, row)] = agreement
            self.fresh.append(agreement)
            self.said[agreement.pk] = values
            return RowOutcome(row.line, Decision.CREATED)
        if self.said.setdefault(agreement.pk, values) != values:
            reason = _("An earlier row says something else about the same agreement.")
            remedy = _("Keep the row that is right, or give each agreement its own reference.")
            return RowOutcome(row.line, Decision.REJECTED, reason, remedy, "reference")
        if self.context.same_file or all(getattr(agreement, name) == value for name, value in values.items()):
            return RowOutcome(row.line, Decision.UNCHANGED)
        for name, value in values.items():
            setattr(agreement, name, value)
        agreement.updated_at = self.context.at
        self.changed[agreement.pk] = agreement
        return RowOutcome(row.line, Decision.UPDATED)

    def keep(self) -> None:
        """See Chunk."""
        self.organisations.keep()
        changed = [*self.fresh, *self.changed.values()]
        self.context.keep("agreement", {_key(one.organisation_id, one): one for one in changed})

    def write(self) -> list[Any]:
        """Store what was decided; returns the ids of the contacts whose due dates may have moved."""
        self.organisations.write()
        Agreement.objects.bulk_create(self.fresh, batch_size=1000)
        Agreement.objects.bulk_update(self.changed.values(), [*FIELDS, "updated_at"], batch_size=500)
        touched = {one.organisation_id for one in (*self.fresh, *self.changed.values())}
        conversions.record(self.context.at, Actor(ActorKind.IMPORT), touched)
        return list(Affiliation.objects.filter(organisation__among=list(touched)).values_list("contact", flat=True))


def _key(organisation: Any, row: AgreementRow | Agreement) -> tuple[Any, ...]:
    if row.reference:
        return (organisation, row.reference)
    return (organisation, row.party, row.kind, row.starts_on)
