"""The only code that removes a person (Art. 17, S95, S97): it walks what the models declare about their personal data.

Everything here runs inside the caller's transaction, on contacts the caller has locked, with set-wise statements and
without loading rows: a delete signal or an object per row would cost a multiple of the deletion itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext_noop

from config import keys
from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import among, array, column, execute, may_change_evidence, one_row, table
from consent import ledger
from consent.intake.known import external_key
from consent.models import Consent, Disclosure, FormerAddress
from consent.models.consents import USABLE, ConsentState
from consent.models.disclosures import NoticeReason
from consent.models.suppression import FormerReason
from contacts.models import Affiliation, Collection, Contact, MergedRecord, MergeUndo, SystemAccount
from contacts.personal_data import OnErasure, PersonalData, Register, linked_models
from retention import evidence
from retention.evidence import Cause
from retention.models import DataGap, ErasureRecord, RunChunk
from retention.models.evidence import ErasureRule
from retention.rules import due_links


def erase(
    causes: Mapping[UUID, Cause], *, chunk: RunChunk, at: datetime, actor: Actor, asked_by: UUID | None = None
) -> Counter[str]:
    """Erase locked contacts with everything declared about them, and write the evidence; returns the rows removed.

    `asked_by` is the rights request behind it, whose case tells the recipients; without one they wait for the run's.
    A table nobody declared makes the database refuse the whole chunk (foreign keys to Contact are PROTECT).
    """
    may_change_evidence()
    ids = array(causes)
    filled = _with_rows()
    total: Counter[str] = Counter()
    if Consent in filled:
        expire_consents(causes, at)
    if Disclosure in filled:
        total["consent.RecipientNotice"] += tell_recipients(causes, at, asked_by or chunk.run_id)
    for model, data in linked_models():
        if model not in filled:
            continue
        if data.digest:
            total[model._meta.label] += _delete_by_digest(model, data.digest, causes)
        elif data.id_as_text:
            mine = {f"{data.id_as_text}__among": [str(one) for one in causes]}
            total[model._meta.label] += model._base_manager.filter(**mine).delete()[0]
        elif data.on_erasure is OnErasure.DETACH:
            detach_rows(model, data, ids)
    _remember_external_keys(causes, ids, local_date(at))
    if MergedRecord in filled:
        _prove_merged(causes, chunk, at)
    tables = [rows for rows in evidence.deleted_with_person() if rows[0] in filled]
    total += evidence.remove(causes, ids, tables, chunk, at)
    AuditEvent.record(actor, gettext_noop("erased"), Contact, batch=chunk.run_id, counts=total)
    return total


def _with_rows() -> set[type[Model]]:
    """The linked tables that have any row at all: many have none, and need no statement.

    Nobody can add a row about the locked contacts meanwhile, because a foreign key to them waits.
    """
    models = [model for model, _data in linked_models()]
    questions = ", ".join(f"EXISTS (SELECT 1 FROM {table(model)})" for model in models)
    return {model for model, yes in zip(models, one_row(f"SELECT {questions}", {}), strict=True) if yes}


def delete_rows(model: type[Model], link: str, ids: Any) -> int:
    """Delete the rows whose `link` is among the ids (a `config.sql.array`); returns how many went."""
    return execute(f"DELETE FROM {table(model)} WHERE {among(column(model, link))}", [ids])


def _delete_by_digest(model: type[Model], name: str, people: Iterable[UUID]) -> int:
    """Delete the rows that know these contacts by a keyed digest only, under whichever key it was made."""
    ids = list(people)
    addresses = Contact.objects.filter(pk__among=ids).exclude(email_key=None).values_list("email_key", flat=True)
    merged = MergedRecord.objects.filter(contact__among=ids).exclude(email_key=None).values_list("email_key", flat=True)
    digests = [digest for key in (*addresses, *merged) for _version, digest in keys.all_digests(str(key))]
    return model._base_manager.filter(**{f"{name}__among": digests}).delete()[0]


def detach_rows(model: type[Model], data: PersonalData, ids: Any) -> int:
    """Cut the link of evidence that outlives the person and empty what identifies in it."""
    link = column(model, data.subject)
    changes = [f"{link} = NULL"]
    for name in data.blank:
        empty = "NULL" if model._meta.get_field(name).null else "''"
        changes.append(f"{column(model, name)} = {empty}")
    return execute(f"UPDATE {table(model)} SET {', '.join(changes)} WHERE {among(link)}", [ids])


def tell_recipients(causes: Mapping[UUID, Cause], at: datetime, batch: UUID) -> int:
    """Queue the notices of Art. 19 while the ledger still knows the contacts (E44); one statement for each reason."""
    asked = [contact for contact, (rule, _due_on) in causes.items() if rule is ErasureRule.REQUEST]
    ruled = [contact for contact, (rule, _due_on) in causes.items() if rule is not ErasureRule.REQUEST]
    reasons = ((NoticeReason.ERASED, asked), (NoticeReason.PURGED, ruled))
    return sum(ledger.queue(array(people), reason, at, batch=batch) for reason, people in reasons if people)


def _remember_external_keys(causes: Mapping[UUID, Cause], ids: Any, on: date) -> None:
    """What the airlock needs to recognise somebody without an address: the key at the source (E37)."""
    keyed = Collection.objects.exclude(external_id="")
    if not keyed.exists():
        return
    nameless = Contact.objects.filter(pk__among=ids, email_digest="").values_list("pk", flat=True)
    collected = keyed.filter(contact__among=list(nameless))
    FormerAddress.objects.bulk_create(
        FormerAddress(
            digest=keys.digest(external_key(source, external)),
            digest_version=keys.newest_version(),
            reason=FormerReason.REQUEST if causes[contact][0] is ErasureRule.REQUEST else FormerReason.PURGE,
            erased_on=on,
        )
        for contact, source, external in collected.values_list("contact_id", "source_id", "external_id").distinct()
    )


def _prove_merged(causes: Mapping[UUID, Cause], chunk: RunChunk, at: datetime) -> None:
    """Evidence for every record merged into an erased contact, too: a restored backup may hold it as a contact again.

    Its address is as much a former one as the contact's own.
    """
    merged = list(MergedRecord.objects.filter(contact__among=list(causes)).select_related("contact"))
    reason = {
        pk: FormerReason.REQUEST if rule is ErasureRule.REQUEST else FormerReason.PURGE
        for pk, (rule, _on) in causes.items()
    }
    digests = {one.pk: keys.digest(one.email_key) if one.email_key else "" for one in merged}
    ErasureRecord.objects.bulk_create(
        ErasureRecord(
            contact_id=one.former_id,
            reference=one.reference,
            digest=digests[one.pk],
            digest_version=keys.newest_version(),
            rule=causes[one.contact_id][0],
            due_on=causes[one.contact_id][1],
            country=one.contact.country.code or "",
            erased_at=at,
            chunk=chunk,
        )
        for one in merged
    )
    FormerAddress.objects.bulk_create(
        FormerAddress(
            digest=digests[one.pk],
            digest_version=keys.newest_version(),
            reason=reason[one.contact_id],
            erased_on=local_date(at),
        )
        for one in merged
        if one.email_key
    )


def leave_marketing(ids: Sequence[UUID], on: date, at: datetime, actor: Actor, batch: UUID) -> Counter[str]:
    """End the marketing register for locked contacts who stay for another reason (11.2): its rows and fields go.

    Consents that were still usable end as ConsentExpired.
    """
    total = delete_marketing_data(ids, at)
    contacts = Contact.objects.filter(pk__among=list(ids))
    contacts.update(in_marketing=False, marketing_frozen=False, left_marketing_on=on, returned_on=None)
    expire_consents(ids, at)
    AuditEvent.record(
        actor, gettext_noop("left marketing register"), Contact, batch=batch, counts={"contacts": len(ids), **total}
    )
    return total


def delete_marketing_data(ids: Sequence[UUID], at: datetime) -> Counter[str]:
    """The rows and fields of locked contacts that only the marketing register needs; returns the rows that went."""
    total: Counter[str] = Counter()
    for model, data in linked_models(Register.MARKETING):
        total[model._meta.label] += delete_rows(model, data.subject, array(ids))
    Contact.objects.filter(pk__among=list(ids)).update(topics=[], last_engaged_on=None, updated_at=at)
    return total


def freeze_marketing(ids: Sequence[UUID], on: date, at: datetime, actor: Actor, batch: UUID) -> None:
    """Under a legal hold a due contact leaves the register at once while its data stays as it is (E28).

    `marketing_frozen` keeps the clock running, so that the night after the release carries on.
    """
    Contact.objects.filter(pk__among=list(ids)).update(
        in_marketing=False, marketing_frozen=True, left_marketing_on=on, updated_at=at
    )
    AuditEvent.record(
        actor, gettext_noop("left marketing register, held"), Contact, batch=batch, counts={"contacts": len(ids)}
    )


def expire_consents(ids: Iterable[UUID], at: datetime) -> int:
    """Append ConsentExpired to every consent of these contacts that is still usable (E12)."""
    current: dict[tuple[UUID | None, str, str], Consent] = {}
    for event in Consent.objects.filter(contact__among=list(ids)).order_by("occurred_at", "recorded_at"):
        current[event.contact_id, event.purpose, event.channel] = event
    ended = [
        Consent(
            contact_id=event.contact_id,
            digest=event.digest,
            digest_version=event.digest_version,
            purpose=event.purpose,
            channel=event.channel,
            state=ConsentState.EXPIRED,
            occurred_at=at,
            recorded_at=at,
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
    rows = due_links(ids, on)
    pairs = {(contact, organisation) for _link, contact, organisation in rows}
    accounts = SystemAccount.objects.filter(contact__among=[contact for contact, _organisation in pairs])
    held = [pk for pk, *pair in accounts.values_list("pk", "contact", "organisation") if tuple(pair) in pairs]
    keys = [link for link, _contact, _organisation in rows]
    total = Counter(
        {
            "contacts.SystemAccount": SystemAccount.objects.filter(pk__in=held).delete()[0],
            "contacts.MergeUndo": MergeUndo.objects.filter(contact__among=list(ids)).delete()[0],
            "retention.DataGap": DataGap.objects.filter(pk__among=keys).delete()[0],
            "contacts.Affiliation": delete_rows(Affiliation, "id", array(keys)),
        }
    )
    Contact.objects.filter(pk__among=list(ids), affiliations=None).update(notification_preferences="", updated_at=at)
    AuditEvent.record(actor, gettext_noop("left customer register"), Contact, batch=batch, counts=dict(total))
    return total
