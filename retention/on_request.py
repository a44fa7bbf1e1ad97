"""Erasing because the person asked for it (Art. 17, E31): the whole person, or some kinds of data of theirs.

    bars(...)     what stands in the way: a legal hold, a restriction
    counts(...)   what the erasure will remove: the preview
    erase_all(...), erase_parts(...)   the same rows, removed, with the evidence

Everything runs in the caller's transaction, and the journal is written once that is committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config import together
from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import array, may_change_evidence
from consent import ledger
from consent.models.disclosures import NoticeReason
from contacts.models import Contact, MergedRecord
from contacts.models.organisations import share_agreements
from contacts.personal_data import OnErasure, declaration, linked_models
from contacts.signals import contacts_changed
from retention import breaker, journal
from retention.bars import SENTENCES, Bar, bars_of
from retention.erasure import delete_rows, erase
from retention.models import DueDate, RetentionRun, RunChunk
from retention.models.evidence import ErasureRule
from retention.models.runs import ChunkState, RunState, RunTrigger

REQUEST = "request"
"""What stands for a rule in the run of an erasure on request: no rule was asked."""


class BarredError(ValueError):
    """A legal hold or a restriction stands in the way; the message says which."""


def bars(contacts: Iterable[UUID], at: datetime) -> frozenset[Bar]:
    """What stands in the way of erasing these contacts at `at` (aware): never a request, never a data gap."""
    found = bars_of(local_date(at), list(contacts)).values()
    return frozenset(bar for one in found for bar in one.against_request())


def counts(contacts: Sequence[UUID]) -> Counter[str]:
    """How many rows of each table go with these contacts: those that `erase_all` will count as removed."""
    ids = array(contacts)
    asked: dict[str, QuerySet[Any, Any]] = {Contact._meta.label: Contact.objects.filter(pk__among=ids)}
    for model, data in linked_models():
        if data.subject and data.on_erasure is OnErasure.DELETE and model is not DueDate:
            asked[model._meta.label] = model._base_manager.filter(**{f"{data.subject}__among": ids})
    return +Counter(together.counts(asked))


def erase_all(contacts: Sequence[UUID], at: datetime, actor: Actor, *, batch: UUID) -> tuple[Counter[str], UUID]:
    """Erase these contacts; returns the rows removed by table, and the id of the run that proves it.

    `batch` is the rights request: the notices to recipients are its (Art. 19). Raises BarredError while anything stands
    in the way, judged under lock.
    """
    people = _locked(contacts, at)
    run = _run(at, len(people))
    chunk = RunChunk.objects.create(
        run=run, first_id=people[0], last_id=people[-1], state=ChunkState.DONE, erased=len(people), finished_at=at
    )
    causes = dict.fromkeys(people, (ErasureRule.REQUEST, None))
    removed = erase(causes, chunk=chunk, at=at, actor=actor, asked_by=batch)
    RunChunk.objects.filter(pk=chunk.pk).update(counts=dict(removed))
    transaction.on_commit(journal.write, robust=True)
    return removed, run.pk


def erase_parts(
    contacts: Sequence[UUID],
    models: Iterable[type[Model]],
    empty: Mapping[str, object],
    at: datetime,
    actor: Actor,
    *,
    batch: UUID,
) -> Counter[str]:
    """Delete the rows of some tables about these contacts and set fields of the contacts to their `empty` values.

    The contacts stay, for the reasons that the answer names. `batch` is the rights request, whose notices to recipients
    are queued here (Art. 19). Returns the rows removed.
    Raises BarredError while anything stands in the way.
    """
    people = _locked(contacts, at)
    may_change_evidence()
    removed: Counter[str] = Counter()
    for model in models:
        data = declaration(model)
        if data is None or not data.subject or data.on_erasure is not OnErasure.DELETE:
            raise ValueError(f"{model._meta.label} does not go with a person.")
        removed[model._meta.label] += delete_rows(model, data.subject, array(people))
    if empty:
        for contact in Contact.objects.filter(pk__among=people).order_by("pk"):
            for name, value in empty.items():
                setattr(contact, name, value)
            contact.save()
    if "email" in empty:  # the one that a merged record had is an address of the same person
        MergedRecord.objects.filter(contact__among=array(people)).update(email="", email_key=None)
    ledger.queue(array(people), NoticeReason.ERASED, at, batch=batch)
    AuditEvent.record(actor, gettext_noop("erased in part"), Contact, fields=empty, batch=batch, counts=dict(+removed))
    contacts_changed.send(sender=Contact, ids=people)
    return +removed


def _locked(contacts: Sequence[UUID], at: datetime) -> list[UUID]:
    """The contacts, locked as a run locks them; judged afterwards, in a statement of its own."""
    locked = Contact.objects.filter(pk__among=array(contacts)).order_by("pk").select_for_update()
    people = list(locked.values_list("pk", flat=True))
    share_agreements()
    if not people:
        raise BarredError(_("Nobody is left to be erased."))
    if standing := bars(people, at):
        reasons = "; ".join(str(SENTENCES[one][1]) for one in sorted(standing))
        raise BarredError(_("The contact cannot be erased: it %(reasons)s.") % {"reasons": reasons})
    return people


def _run(at: datetime, erased: int) -> RetentionRun:
    """The run that stands for this erasure: begun and ended in one transaction."""
    on = local_date(at)
    return RetentionRun.objects.create(
        on_date=on,
        rule=REQUEST,
        trigger=RunTrigger.REQUEST,
        state=RunState.DONE,
        policy_version=breaker.policy_version(on),
        planned={"due": erased},
        erased=erased,
        started_at=at,
        finished_at=at,
    )
