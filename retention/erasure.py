"""The only code that removes a person (Art. 17, S95, S97): it walks what the models declare about their personal data.

Everything here runs inside the caller's transaction, on contacts the caller has locked, with set-wise statements and
without loading rows: a delete signal or an object per row would cost a multiple of the deletion itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, DateField, Field, Model, Value

from config import keys
from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import among, array, column, execute, insert_from, table
from consent.intake.known import external_key
from consent.models import Consent, FormerAddress
from consent.models.consents import USABLE, ConsentState
from consent.models.suppression import FormerReason

from contacts.models import Affiliation, Collection, Contact, SystemAccount
from contacts.personal_data import OnErasure, PersonalData, Register, linked_models
from retention.models import DataGap, DueDate, ErasureRecord, RunChunk
from retention.models.evidence import ErasureRule
from retention.rules import links

Cause = tuple[ErasureRule, date | None]
"""Why somebody is erased: the rule, and the last day it had a reason to keep the contact."""


def erase(causes: Mapping[UUID, Cause], *, chunk: RunChunk, at: datetime, actor: Actor) -> Counter[str]:
    """Erase locked contacts with everything declared about them, and write the evidence; returns the rows removed.

    Evidence first, while the rows can still be counted; then children are deleted, the links of evidence that outlives
    the person are cut, and the contacts go last. A table nobody declared makes the database refuse the whole chunk
    (foreign keys to Contact are PROTECT).
    """
    ids = array(causes)
    total = Counter({"contacts.Contact": len(causes)})
    _write_evidence(causes, chunk, at)
    _remember_addresses(causes, at)
    for model, data in linked_models():
        if data.digest:
            total[model._meta.label] += _delete_by_digest(model, data.digest, causes)
        elif data.on_erasure is OnErasure.DETACH:
            detach_rows(model, data, ids)
        else:
            total[model._meta.label] += delete_rows(model, data.subject, ids)
    delete_rows(Contact, "id", ids)
    AuditEvent.record(actor, "erased", Contact, batch=chunk.run_id, counts=+total)
    return +total


def delete_rows(model: type[Model], link: str, ids: Any) -> int:
    """Delete the rows whose `link` is among the ids (a `config.sql.array`); returns how many went."""
    return execute(f"DELETE FROM {table(model)} WHERE {among(column(model, link))}", [ids])


def _delete_by_digest(model: type[Model], name: str, people: Iterable[UUID]) -> int:
    """Delete the rows that know these contacts by a keyed digest only, under whichever key it was made."""
    if not model._base_manager.exists():
        return 0
    addresses = Contact.objects.filter(pk__among=people).exclude(email_key=None).values_list("email_key", flat=True)
    digests = [digest for key in addresses for _version, digest in keys.all_digests(str(key))]
    return model._base_manager.filter(**{f"{name}__among": digests}).delete()[0]


def detach_rows(model: type[Model], data: PersonalData, ids: Any) -> int:
    """Cut the link of evidence that outlives the person and empty what identifies in it."""
    link = column(model, data.subject)
    changes = [f"{link} = NULL"]
    for name in data.blank:
        one = model._meta.get_field(name)
        assert isinstance(one, Field)
        changes.append(f"{column(model, name)} = {'NULL' if one.null else chr(39) * 2}")
    return execute(f"UPDATE {table(model)} SET {', '.join(changes)} WHERE {among(link)}", [ids])


def _write_evidence(causes: Mapping[UUID, Cause], chunk: RunChunk, at: datetime) -> None:
    """One ErasureRecord per person, made by the database from the rows themselves: no name passes through here."""
    postgresql = connection.vendor == "postgresql"
    counts = ", ".join(
        f"'{model._meta.label}', (SELECT COUNT(*) FROM {table(model)} WHERE {column(model, data.subject)} = person.id)"
        for model, data in linked_models()
        if data.subject and data.on_erasure is OnErasure.DELETE and model is not DueDate
    )
    pairs = [(one.hex, str(rule), due_on.isoformat() if due_on else None) for one, (rule, due_on) in causes.items()]
    uuid, day = ("::uuid", "::date") if postgresql else ("", "")
    moment = at if postgresql else connection.ops.adapt_datetimefield_value(at)
    execute(
        f"""
        INSERT INTO {table(ErasureRecord)} (contact_id, reference, digest, digest_version, country, rule, due_on,
                                            erased_at, chunk_id, counts)
        SELECT person.id, person.reference, person.email_digest, person.digest_version, person.country,
               cause.value ->> 1, (cause.value ->> 2){day}, %s, %s,
               {"jsonb_build_object" if postgresql else "json_object"}({counts})
          FROM {"jsonb_array_elements(%s::jsonb)" if postgresql else "json_each(%s)"} AS cause
          JOIN {table(Contact)} AS person ON person.id = (cause.value ->> 0){uuid}
        """,
        [moment, chunk.pk, json.dumps(pairs)],
    )


def _remember_addresses(causes: Mapping[UUID, Cause], at: datetime) -> None:
    """What the airlock needs to recognise a former address, or the key at its source of somebody without one (E37)."""
    for reason, ids in (
        (FormerReason.REQUEST, [one for one, (rule, _due) in causes.items() if rule is ErasureRule.REQUEST]),
        (FormerReason.PURGE, [one for one, (rule, _due) in causes.items() if rule is not ErasureRule.REQUEST]),
    ):
        people = Contact.objects.filter(pk__among=ids).exclude(email_digest="").annotate(
            why=Value(str(reason), CharField()), on=Value(local_date(at), DateField())
        )
        if ids:
            insert_from(
                FormerAddress,
                ("digest", "digest_version", "reason", "erased_on"),
                people.values_list("email_digest", "digest_version", "why", "on"),
            )
            FormerAddress.objects.bulk_create(
                FormerAddress(
                    digest=keys.digest(external_key(source, external)), digest_version=keys.newest_version(),
                    reason=reason, erased_on=local_date(at),
                )
                for source, external in Collection.objects.filter(contact__among=ids, contact__email_digest="")
                .exclude(external_id="")
                .values_list("source_id", "external_id")
                .distinct()
            )


def leave_marketing(ids: Sequence[UUID], on: date, at: datetime, actor: Actor, batch: UUID) -> Counter[str]:
    """End the marketing register for locked contacts who stay for another reason (11.2): its rows and fields go.

    Consents that were still usable end as ConsentExpired.
    """
    total: Counter[str] = Counter()
    for model, data in linked_models(Register.MARKETING):
        total[model._meta.label] += delete_rows(model, data.subject, array(ids))
    contacts = Contact.objects.filter(pk__among=list(ids))
    contacts.update(
        in_marketing=False, marketing_frozen=False, left_marketing_on=on, returned_on=None, topics=[],
        last_engaged_on=None, updated_at=at,
    )
    expire_consents(ids, at)
    AuditEvent.record(actor, "left marketing register", Contact, batch=batch, counts={"contacts": len(ids), **total})
    return total


def freeze_marketing(ids: Sequence[UUID], on: date, at: datetime, actor: Actor, batch: UUID) -> None:
    """Under a legal hold a due contact leaves the register at once while its data stays as it is (E28).

    `marketing_frozen` keeps the clock running, so that the night after the release carries on.
    """
    Contact.objects.filter(pk__among=list(ids)).update(
        in_marketing=False, marketing_frozen=True, left_marketing_on=on, updated_at=at
    )
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
            "contacts.Affiliation": delete_rows(Affiliation, "id", array(keys)),
        }
    )
    Contact.objects.filter(pk__among=list(ids), affiliations=None).update(notification_preferences="", updated_at=at)
    AuditEvent.record(actor, "left customer register", Contact, batch=batch, counts=dict(total))
    return total
