"""The only code that removes a person (Art. 17, S95, S97): it walks what the models declare about their personal data.

Everything here runs inside the caller's transaction, on contacts the caller has locked, with set-wise statements and
without loading rows: a delete signal or an object per row would cost a multiple of the deletion itself.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import column, execute, insert_rows, table
from consent.models import Consent, FormerAddress
from consent.models.consents import USABLE, ConsentState
from consent.models.suppression import FormerReason
from contacts.models import Affiliation, Contact, SystemAccount
from contacts.personal_data import OnErasure, PersonalData, Register, linked_models
from retention.models import DataGap, ErasureRecord, RunChunk
from retention.models.evidence import ErasureRule
from retention.rules import links


@dataclass(frozen=True, slots=True)
class Person:
    """What erasure needs to know of a locked contact."""

    id: UUID
    reference: str
    email_digest: str
    digest_version: int
    country: str

    COLUMNS = ("id", "reference", "email_digest", "digest_version", "country")


@dataclass(slots=True)
class Removed:
    """How many rows went, per contact and table."""

    per_contact: dict[UUID, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    total: Counter[str] = field(default_factory=Counter)

    def add(self, label: str, counts: dict[UUID, int]) -> None:
        """Book the rows of one table."""
        for contact, count in counts.items():
            self.per_contact[contact][label] = count
        if counts:
            self.total[label] += sum(counts.values())


def erase(
    people: Sequence[Person],
    causes: dict[UUID, tuple[ErasureRule, date | None]],
    *,
    chunk: RunChunk,
    at: datetime,
    actor: Actor,
) -> Removed:
    """Erase locked contacts with everything declared about them, and write the evidence.

    `causes` gives each person's rule and the day it was due. Deletes children first, cuts the links of evidence that
    outlives them, leaves a keyed digest for the airlock, and one ErasureRecord per person. A table nobody declared makes
    the database refuse the whole chunk (foreign keys to Contact are PROTECT).
    """
    ids = [person.id for person in people]
    removed = Removed()
    for model, data in linked_models():
        if data.subject and data.on_erasure is OnErasure.DELETE:
            removed.add(model._meta.label, delete_rows(model, data.subject, ids))
        elif data.subject and data.on_erasure is OnErasure.DETACH:
            detach_rows(model, data, ids)
        elif data.digest:
            digests = [person.email_digest for person in people if person.email_digest]
            model._base_manager.filter(**{f"{data.digest}__among": digests}).delete()
    _write_evidence(people, causes, removed, chunk, at)
    delete_rows(Contact, "id", ids)
    counts = {"contacts.Contact": len(ids), **removed.total}
    AuditEvent.record(actor, "erased", Contact, batch=chunk.run_id, counts=counts)
    return removed


def delete_rows(model: type[Model], link: str, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Delete the rows whose `link` is among the ids; returns how many went for each of them."""
    name, where = column(model, link), _among(model, link)
    if connection.vendor == "postgresql":
        sql = f"""WITH gone AS (DELETE FROM {table(model)} WHERE {where} RETURNING {name})
                  SELECT {name}, COUNT(*) FROM gone GROUP BY 1"""
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(ids)])
            return dict(cursor.fetchall())
    keys = json.dumps([one.hex for one in ids])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name}, COUNT(*) FROM {table(model)} WHERE {where} GROUP BY 1", [keys])
        counts = {UUID(key): count for key, count in cursor.fetchall()}
        cursor.execute(f"DELETE FROM {table(model)} WHERE {where}", [keys])
    return counts


def detach_rows(model: type[Model], data: PersonalData, ids: Sequence[UUID]) -> int:
    """Cut the link of evidence that outlives the person and empty what identifies in it."""
    changes = [f"{column(model, data.subject)} = NULL"]
    for name in data.blank:
        one = model._meta.get_field(name)
        assert isinstance(one, Field)
        changes.append(f"{column(model, name)} = {'NULL' if one.null else chr(39) * 2}")
    keys = list(ids) if connection.vendor == "postgresql" else json.dumps([one.hex for one in ids])
    return execute(f"UPDATE {table(model)} SET {', '.join(changes)} WHERE {_among(model, data.subject)}", [keys])


def _among(model: type[Model], link: str) -> str:
    """Membership of one array parameter: thousands of placeholders would cost a third of the speed."""
    name = column(model, link)
    if connection.vendor == "postgresql":
        return f"{name} = ANY(%s)"
    return f"{name} IN (SELECT value FROM json_each(%s))"


def _write_evidence(
    people: Sequence[Person],
    causes: dict[UUID, tuple[ErasureRule, date | None]],
    removed: Removed,
    chunk: RunChunk,
    at: datetime,
) -> None:
    """One ErasureRecord per person, and what the airlock needs to recognise a former address."""
    insert_rows(
        ErasureRecord,
        (
            "contact_id", "reference", "digest", "digest_version", "rule", "due_on", "country", "erased_at", "chunk",
            "counts",
        ),
        (
            (
                person.id, person.reference, person.email_digest, person.digest_version, str(causes[person.id][0]),
                causes[person.id][1], person.country, at, chunk.pk, json.dumps(removed.per_contact.get(person.id, {})),
            )
            for person in people
        ),
    )
    insert_rows(
        FormerAddress,
        ("digest", "digest_version", "reason", "erased_on"),
        (
            (
                person.email_digest, person.digest_version,
                str(FormerReason.REQUEST if causes[person.id][0] is ErasureRule.REQUEST else FormerReason.PURGE),
                local_date(at),
            )
            for person in people
            if person.email_digest
        ),
    )


def leave_marketing(ids: Sequence[UUID], on: date, at: datetime, actor: Actor, batch: UUID) -> Counter[str]:
    """End the marketing register for locked contacts who stay for another reason (11.2): its rows and fields go.

    Consents that were still usable end as ConsentExpired.
    """
    total: Counter[str] = Counter()
    for model, data in linked_models(Register.MARKETING):
        total[model._meta.label] += sum(delete_rows(model, data.subject, ids).values())
    contacts = Contact.objects.filter(pk__among=list(ids))
    contacts.update(
        in_marketing=False, left_marketing_on=on, returned_on=None, topics=[], last_engaged_on=None, updated_at=at
    )
    expire_consents(ids, at)
    AuditEvent.record(actor, "left marketing register", Contact, batch=batch, counts={"contacts": len(ids), **total})
    return total


def freeze_marketing(ids: Sequence[UUID], on: date, at: datetime, actor: Actor, batch: UUID) -> None:
    """Under a legal hold a due contact leaves the register at once while its data stays as it is (E28)."""
    Contact.objects.filter(pk__among=list(ids)).update(in_marketing=False, left_marketing_on=on, updated_at=at)
    AuditEvent.record(actor, "left marketing register, held", Contact, batch=batch, counts={"contacts": len(ids)})


def expire_consents(ids: Sequence[UUID], at: datetime) -> int:
    """Append ConsentExpired to every consent of these contacts that is still usable (E12)."""
    current: dict[tuple[UUID | None, str, str], Consent] = {}
    for event in Consent.objects.filter(contact__among=list(ids)).order_by("occurred_at", "recorded_at"):
        current[event.contact_id, event.purpose, event.channel] = event
    ended = [
        Consent(
            contact_id=event.contact_id, digest=event.digest, digest_version=event.digest_version,
            purpose=event.purpose, channel=event.channel, state=ConsentState.EXPIRED, occurred_at=at, recorded_at=at,
            method="retention",
        )
        for event in current.values()
        if event.state in USABLE
    ]
    Consent.objects.bulk_create(ended)
    return len(ended)


def drop_links(ids: Sequence[UUID], on: date, at: datetime, actor: Actor, batch: UUID) -> Counter[str]:
    """Delete the customer data held through every due affiliation of locked contacts (11.3).

    With the last affiliation the notification preferences go too.
    """
    due = links(on).filter(contact__among=list(ids), due__lt=on).values_list("pk", "contact_id", "organisation_id")
    rows = list(due)
    pairs = {(contact, organisation) for _link, contact, organisation in rows}
    accounts = SystemAccount.objects.filter(contact__among=[contact for contact, _organisation in pairs])
    held = [pk for pk, *pair in accounts.values_list("pk", "contact", "organisation") if tuple(pair) in pairs]
    keys = [link for link, _contact, _organisation in rows]
    total = Counter(
        {
            "contacts.SystemAccount": SystemAccount.objects.filter(pk__in=held).delete()[0],
            "retention.DataGap": DataGap.objects.filter(pk__among=keys).delete()[0],
            "contacts.Affiliation": sum(delete_rows(Affiliation, "id", keys).values()),
        }
    )
    Contact.objects.filter(pk__among=list(ids), affiliations=None).update(notification_preferences="", updated_at=at)
    AuditEvent.record(actor, "left customer register", Contact, batch=batch, counts=dict(total))
    return total
