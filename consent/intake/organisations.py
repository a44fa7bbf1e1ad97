"""Finds the organisation a row names, or creates it; never merges two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Protocol
from uuid import UUID

import uuid_utils.compat as uuid

from config.dates import BEGINNING, add_months
from config.policy.periods import CUSTOMER_PERIODS, months_in_force
from consent.intake.outcome import Context
from contacts.formats.rows import ContactRow
from contacts.identity import organisation_key
from contacts.models import Agreement, Organisation


class Named(Protocol):
    """A row that names an organisation."""

    organisation: str
    organisation_domain: str


class Organisations:
    """The organisations of one chunk: by domain when the row gives one, else by the name without its legal form."""

    def __init__(self, rows: Iterable[Named], context: Context, employers: Iterable[UUID] = ()) -> None:
        self.context = context
        named = [row for row in rows if row.organisation or row.organisation_domain]
        self.key_of = {name: organisation_key(name) for name in {row.organisation for row in named} if name}
        domains = {_domain(row) for row in named} - {""}
        self.by_domain: dict[str, Organisation] = {}
        self.by_name: dict[str, list[Organisation]] = {}
        self.fresh: list[Organisation] = []
        self.changed: dict[UUID, Organisation] = {}
        named_so = Organisation.objects.filter(name_key__among=list(self.key_of.values()))
        with_domain = Organisation.objects.filter(domain__among=list(domains))
        for one in sorted({*named_so, *with_domain}, key=lambda one: one.pk):
            self._remember(one)
        ids = {*employers, *(one.pk for many in self.by_name.values() for one in many)}
        agreements = Agreement.objects.filter(organisation__among=ids).values_list("organisation", "last_day")
        last_days: dict[UUID, list[date | None]] = defaultdict(list)
        for organisation, last_day in agreements:
            last_days[organisation].append(last_day)
        self.with_agreement = set(last_days)
        months = months_in_force(CUSTOMER_PERIODS, BEGINNING, context.today)
        self.over_on = {
            organisation: add_months(max(day for day in days if day), months)
            for organisation, days in last_days.items()
            if None not in days
        }
        """Until when the customer register may know an organisation whose agreements have all ended (S97)."""

    def is_over(self, organisation: Organisation, collected_on: date | None) -> bool:
        """Whether a link to the organisation would only bring back what the customer rule has removed (E37)."""
        over_on = self.over_on.get(organisation.pk)
        return (
            over_on is not None and over_on < self.context.today and (collected_on is None or collected_on <= over_on)
        )

    def _remember(self, one: Organisation) -> None:
        if one.domain:
            self.by_domain.setdefault(one.domain, one)
        self.by_name.setdefault(one.name_key, []).append(one)

    def find(self, row: Named) -> Organisation | None:
        """The organisation a row names, if it exists; a namesake with another domain is somebody else."""
        domain = _domain(row)
        if domain in self.by_domain:
            return self.by_domain[domain]
        for one in self.by_name.get(self.key_of.get(row.organisation, ""), ()):
            if not domain or one.domain in ("", domain):
                return one
        return None

    def find_or_create(self, row: Named) -> Organisation | None:
        """The organisation a row names, created when it is new; None when the row names none."""
        if not (row.organisation or row.organisation_domain):
            return None
        one = self.find(row)
        if one is None:
            name = row.organisation or _domain(row)
            one = Organisation(
                id=uuid.uuid7(),
                name=name,
                name_key=organisation_key(name),
                domain=_domain(row),
                created_at=self.context.at,
                updated_at=self.context.at,
            )
            self.fresh.append(one)
            self._remember(one)
        return one

    def fill(self, one: Organisation, row: ContactRow) -> bool:
        """Fill what is empty with the row's company facts (S17); returns whether anything was."""
        changed = False
        facts = {name: getattr(row, name) for name in ("industry", "company_size", "revenue")}
        for name, value in (*facts.items(), ("domain", _domain(row))):
            if value and not getattr(one, name):
                setattr(one, name, value)
                changed = True
        if one.domain:
            self.by_domain.setdefault(one.domain, one)
        if changed and one not in self.fresh:
            one.updated_at = self.context.at
            self.changed[one.pk] = one
        return changed

    def write(self) -> None:
        """Store what is new or filled."""
        Organisation.objects.bulk_create(self.fresh)
        Organisation.objects.bulk_update(
            self.changed.values(), ["domain", "industry", "company_size", "revenue", "updated_at"], batch_size=500
        )


def _domain(row: Named) -> str:
    return row.organisation_domain.strip().lower().removeprefix("www.")
