"""Finds the organisation a row names, or creates it; never merges two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Protocol
from uuid import UUID

import uuid_utils.compat as uuid

from config.dates import BEGINNING, add_months
from config.policy.periods import CUSTOMER_PERIODS, months_in_force
from config.sql import array, insert_rows, update_rows
from consent.intake.outcome import Context
from contacts.formats.rows import ContactRow
from contacts.identity import organisation_key
from contacts.models import Agreement, FactSource, Organisation

FACTS = ("domain", "industry", "company_size", "revenue")
"""What a row may say about its organisation: only what is empty is filled (S17)."""
COLUMNS = ("id", "name", "name_key", *FACTS)
REST = ("country", "street", "postcode", "city", "state")


@dataclass(slots=True, eq=False)
class Employer:
    """An organisation as this chunk sees it."""

    id: UUID
    name: str
    name_key: str
    domain: str
    industry: str = ""
    company_size: str = ""
    revenue: str = ""
    is_new: bool = False


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
        self.by_domain: dict[str, Employer] = {}
        self.by_name: dict[str, list[Employer]] = {}
        self.fresh: list[Employer] = []
        self.changed: dict[UUID, Employer] = {}
        self.learned: list[FactSource] = []
        found = set(Organisation.objects.filter(name_key__among=array(self.key_of.values())).values_list(*COLUMNS))
        if domains:
            found |= set(Organisation.objects.filter(domain__among=array(domains)).values_list(*COLUMNS))
        known = {columns[0]: Employer(*columns) for columns in found}
        earlier = [*context.recall("named", self.key_of.values()).values(), *context.recall("domain", domains).values()]
        known |= context.recall("employer", {*known, *chain.from_iterable(earlier)})
        for _key, one in sorted(known.items()):
            self._remember(one)
        ids = array({*employers, *known})
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

    def is_over(self, organisation: Employer, collected_on: date | None) -> bool:
        """Whether a link to the organisation would only bring back what the customer rule has removed (E37)."""
        over_on = self.over_on.get(organisation.id)
        return (
            over_on is not None and over_on < self.context.today and (collected_on is None or collected_on <= over_on)
        )

    def _remember(self, one: Employer) -> None:
        if one.domain:
            self.by_domain.setdefault(one.domain, one)
        self.by_name.setdefault(one.name_key, []).append(one)

    def find(self, row: Named) -> Employer | None:
        """The organisation a row names, if it exists; a namesake with another domain is somebody else."""
        domain = _domain(row)
        if domain and domain in self.by_domain:
            return self.by_domain[domain]
        for one in self.by_name.get(self.key_of.get(row.organisation, ""), ()):
            if not domain or one.domain in ("", domain):
                return one
        return None

    def find_or_create(self, row: Named) -> Employer | None:
        """The organisation a row names, created when it is new; None when the row names none."""
        if not (row.organisation or row.organisation_domain):
            return None
        one = self.find(row)
        if one is None:
            name = row.organisation or _domain(row)
            one = Employer(uuid.uuid7(), name, organisation_key(name), _domain(row), is_new=True)
            self.fresh.append(one)
            self._remember(one)
        return one

    def fill(self, one: Employer, row: ContactRow, source: UUID, on: date) -> bool:
        """Fill what is empty with the row's company facts and keep where they are from (S17); whether anything was."""
        filled = []
        for name, value in zip(FACTS, (_domain(row), row.industry, row.company_size, row.revenue), strict=True):
            if value and not getattr(one, name):
                setattr(one, name, value)
                filled.append(name)
        changed = bool(filled)
        if changed:
            self.learned.append(
                FactSource(
                    organisation_id=one.id, source_id=source, batch=self.context.batch, collected_on=on, fields=filled
                )
            )
        if one.domain:
            self.by_domain.setdefault(one.domain, one)
        if changed and not one.is_new:
            self.changed[one.id] = one
        return changed

    def keep(self) -> None:
        """Hand what is new or filled on to the next chunks of a preview."""
        self.context.keep("employer", {one.id: one for one in (*self.fresh, *self.changed.values())})
        self.context.keep("named", {key: [one.id for one in many] for key, many in self.by_name.items()})
        self.context.keep("domain", {domain: [one.id] for domain, one in self.by_domain.items()})

    def write(self) -> None:
        """Store what is new or filled."""
        at, blank = self.context.at, [""] * len(REST)
        insert_rows(
            Organisation,
            (*COLUMNS, *REST, "created_at", "updated_at"),
            ((one.id, one.name, one.name_key, *_facts(one), *blank, at, at) for one in self.fresh),
        )
        update_rows(Organisation, (*FACTS, "updated_at"), [(one.id, *_facts(one), at) for one in self.changed.values()])
        FactSource.objects.bulk_create(self.learned)


def _facts(one: Employer) -> list[str]:
    return [getattr(one, name) for name in FACTS]


def _domain(row: Named) -> str:
    return row.organisation_domain and row.organisation_domain.strip().lower().removeprefix("www.")
