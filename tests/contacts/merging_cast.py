"""Contacts with rows in every table that is about a person, made from the declarations: a new model is in by itself."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import ForeignKey, Model

from config import keys
from config.models import User
from consent.models import ImportBatch, PolicyNotification, PolicyVersion
from contacts.checks import unique_sets
from contacts.merge_steps import packed
from contacts.models import Affiliation, Contact, Organisation, Source
from contacts.models.people import derived_keys
from contacts.personal_data import PersonalData, linked_models
from dsar.models import RightsRequest
from retention.models import DueDate
from tests.canaries import breached, passed_on

AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
MADE = datetime(2026, 3, 1, 8, 15, 30, 123456, tzinfo=UTC)
NAMES = ("Anna", "Ann", "Bengt", "Çelik", "Dvořák", "Eerola", "")
EVIDENCE = {"config.AuditEvent"}
"""Grows with every act, and is not taken back."""
Rows = dict[type[Model], list[Any]]


def asked_for(number: int) -> RightsRequest:
    """A rights request whose candidates the contacts can be."""
    return RightsRequest.objects.create(reference=f"R-{number:06}", received_at=MADE, clock_on=MADE.date())


class Cast:
    """Makes contacts in memory, and stores all of them at once."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.rows: Rows = defaultdict(list)
        self.number = 0
        self.bystanders: list[Contact] = []
        self.shared = self._shared()
        self.bystanders = [self.contact() for _one in range(3)]

    def _shared(self) -> dict[type[Model], list[Any]]:
        """What rows about a person point to."""
        firms = [Organisation.objects.create(name=f"Firm {number}") for number in range(4)]
        sources = [Source.objects.create(code=f"source-{number}", kind="form") for number in range(3)]
        versions = [
            PolicyVersion.objects.create(
                version=f"20{number}", language="de", title="t", text="t", published_on=date(2019, 9, 1)
            )
            for number in (19, 20)
        ]
        notes = [PolicyNotification.objects.create(version=one.version) for one in versions]
        others: list[list[Any]] = [[ImportBatch.objects.create()], [User.objects.create(username="clerk")]]
        others.append([asked_for(number) for number in range(3)])
        passed_on()
        breached()
        some: list[list[Any]] = [firms, sources, versions, notes, *others]
        return {type(rows[0]): rows for rows in some}

    def pair(self) -> tuple[Contact, Contact]:
        """Two contacts; some of their rows say the same."""
        first, second = self.contact(), self.contact()
        for model, data in linked_models():
            for names in unique_sets(model, data.subject) if data.subject else ():
                self._repeat(model, data, names, first, second)
        return first, second

    def contact(self) -> Contact:
        """A contact with up to two rows in every table."""
        self.number += 1
        pick = self.random.choice
        contact = Contact(
            reference=f"C-T{self.number:05}",
            email=f"person{self.number}@example.org" if self.random.random() < 0.9 else "",
            first_name=pick(NAMES),
            last_name=pick(NAMES),
            phone=pick(("", f"+35840{self.number:07}")),
            job_title=pick(("", "CTO", "Buyer")),
            street=pick(("", "Tammasaarenkatu 7")),
            city=pick(("", "Helsinki")),
            topics=pick(([], ["Rescue"], ["Älykkyys", "Backup"])),
            in_marketing=pick((True, False)),
            left_marketing_on=pick((None, None, date(2025, 5, 5))),
            collected_on=self._day(),
            collected_estimated=pick((True, False)),
            last_engaged_on=pick((None, self._day())),
            created_at=MADE,
            updated_at=MADE + timedelta(microseconds=self.number),
        )
        contact.__dict__.update(derived_keys(contact.email, contact.first_name, contact.last_name, contact.phone))
        self.rows[Contact].append(contact)
        mine: Rows = {**self.shared, Contact: [contact]}
        for model, data in sorted(linked_models(), key=lambda one: one[0] is not Affiliation):
            if model is not DueDate:  # computed from the others
                self._add(model, data, contact, mine)
        return contact

    def _add(self, model: type[Model], data: PersonalData, contact: Contact, mine: Rows) -> None:
        few = 1 if model._meta.pk.remote_field else 2
        used: set[Any] = set()
        for _row in range(self.random.randint(0, few)):
            values = self.values(model, data, contact, mine)
            key = tuple(values.get(name) for names in unique_sets(model, data.subject) for name in names)
            if values and (not key or key not in used):
                used.add(key)
                row = model(**values)
                mine.setdefault(model, []).append(row)
                self.rows[model].append(row)

    def values(self, model: type[Model], data: PersonalData, contact: Contact, mine: Rows) -> dict[str, Any]:
        """Random values for one row; none where what it must point to is missing."""
        values: dict[str, Any] = {}
        for field in model._meta.local_concrete_fields:
            if isinstance(field, ForeignKey):
                choice = mine.get(field.related_model)
                if choice and (not field.null or field.name == data.subject):
                    values[field.name] = self.random.choice(choice)
                elif not field.null and field.related_model is not Contact:
                    values[field.name] = field.related_model._base_manager.first()
                    if values[field.name] is None:
                        return {}
            elif not (field.primary_key or field.generated):
                values[field.name] = self._value(field)
        for name in data.also:
            values[name] = self.random.choice([*self.bystanders, contact])
        if data.digest:
            values |= {
                data.digest: keys.digest(contact.email_key) if contact.email_key else "",
                "batch": mine[ImportBatch][0],
            }
        if data.id_as_text:
            values[data.id_as_text] = str(contact.pk)
        return values | SHAPES.get(model._meta.label, {})

    def _value(self, field: Any) -> Any:
        """Something allowed in a field."""
        pick = self.random.choice
        if field.null and self.random.random() < 0.3:
            return None
        if field.choices:
            return pick([value for value, _label in field.flatchoices])
        if isinstance(field, models.JSONField):
            return pick(([], ["email", "job_title"], ["topics"])) if field.default is list else {}
        for kind, make in self._makers.items():
            if isinstance(field, kind):
                return make()
        self.number += 1
        return f"text {self.number}"[: getattr(field, "max_length", None) or 99]

    @property
    def _makers(self) -> dict[type[models.Field[Any, Any]], Callable[[], Any]]:
        random = self.random
        return {
            models.BooleanField: lambda: random.choice((True, False)),
            models.DateTimeField: lambda: MADE - timedelta(microseconds=random.randint(0, 40_000_000_000_000)),
            models.DateField: self._day,
            models.GenericIPAddressField: lambda: "203.0.113.7",
            models.UUIDField: lambda: uuid.UUID(int=random.getrandbits(128)),
            models.IntegerField: lambda: random.randint(1, 9),
        }

    def _day(self) -> date:
        return date(2024, 1, 1) + timedelta(days=self.random.randint(0, 900))

    def _repeat(
        self, model: type[Model], data: PersonalData, names: Iterable[str], first: Contact, second: Contact
    ) -> None:
        """Let the second contact have the first one's row, where only one of the two may stay."""
        if not names:
            return
        theirs = [row for row in self.rows[model] if getattr(row, data.subject) is second]
        mine = [row for row in self.rows[model] if getattr(row, data.subject) is first]
        taken = {tuple(getattr(row, name) for name in names) for row in theirs}
        if theirs and mine and tuple(getattr(mine[0], name) for name in names) not in taken:
            for name in names:
                setattr(theirs[0], name, getattr(mine[0], name))

    def store(self) -> None:
        """Write everything, parents first."""
        pairs = set()
        kept = []
        for row in self.rows[apps.get_model("contacts.DuplicatePair")]:
            ends = frozenset((row.contact, row.other))
            if len(ends) == 2 and ends not in pairs:
                pairs.add(ends)
                kept.append(row)
        self.rows[apps.get_model("contacts.DuplicatePair")] = kept
        first: list[type[Model]] = [
            Contact,
            Affiliation,
            apps.get_model("contacts.MergedRecord"),
            apps.get_model("consent.Objection"),
        ]
        for model in [*first, *(one for one in self.rows if one not in first)]:
            model._base_manager.bulk_create(self.rows[model], batch_size=500)


SHAPES: dict[str, dict[str, Any]] = {
    "admin.LogEntry": {"action_flag": 2},
    "consent.Notice": {"given_at": MADE, "exemption": ""},
    "consent.Restriction": {"notice_before_lift_at": MADE, "lifted_at": MADE},
    "contacts.Affiliation": {"ended_on": date(2027, 1, 1)},
    "contacts.MergeUndo": {"steps": [], "merged_at": MADE},
    "contacts.MergedRecord": {"email": "", "email_key": None, "merged_at": MADE},
    "retention.Hold": {"until_on": date(2027, 1, 1)},
}
"""By model, what a constraint asks of the values."""


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, column by column."""
    return {
        model._meta.label: sorted((packed(row) for row in model._base_manager.all()), key=repr)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in EVIDENCE
    }


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The rows that are in one of the two only, by table; empty when both are the same."""
    return {
        label: (
            [one for one in before[label] if one not in after[label]],
            [one for one in after[label] if one not in before[label]],
        )
        for label in before
        if before[label] != after[label]
    }
