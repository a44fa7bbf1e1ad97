"""Merging two contacts who are one person (S41, S42, E36): walks what every model declares about it.

    merge(...)         does it, in one transaction
    merge_preview.py   says beforehand what it would do
    unmerging.py       takes it back within 30 days

Nothing that protects the person is lost: the earliest collection counts, engagements, consents, objections, notices and
holds all follow, suppression entries of both addresses hold, and the address and reference of the merged record go on
leading to the surviving contact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent
from config.sql import may_change_evidence, take_turns
from config.together import filled
from contacts.checks import unique_sets
from contacts.merge_fields import Field, fields_of, state_of
from contacts.merge_steps import Step, Steps, changed, packed
from contacts.models import Collection, Contact, DuplicatePair, MergedRecord, MergeUndo
from contacts.models.merging import PairState
from contacts.models.organisations import share_agreements
from contacts.models.people import derived_keys
from contacts.personal_data import OnMerge, PersonalData, linked_models
from contacts.signals import contacts_changed, contacts_merged, contacts_merging, contacts_settling


class Refused(ValueError):  # noqa: N818
    """Why the two cannot be merged, or a merge not be taken back: a sentence for people."""


@dataclass(slots=True)
class Merge:
    """A merge on its way: the two contacts as they were, and the steps that were taken."""

    survivor: Contact
    merged: Contact
    steps: Steps


def merge(survivor: UUID, merged: UUID, *, actor: Actor, at: datetime) -> MergedRecord:
    """Merge the contact `merged` into `survivor` at the moment `at`; returns the record that goes on leading there.

    Waits for whoever else writes about either: imports take turns with it, a purge and forms meet it at the contacts'
    rows. Raises Refused when one of them is restricted or has been erased or merged meanwhile.
    """
    with transaction.atomic():
        work = _do(survivor, merged, at)
        gone, kept = work.merged, work.survivor
        record = MergedRecord.objects.create(
            contact=kept,
            former_id=gone.pk,
            reference=gone.reference,
            merged_at=at,
            merged_by=actor.user_id,
            **_old(work),
        )
        moved = [key for step in work.steps.done if step["step"] == "move" for key in _collections(step)]
        Collection.objects.filter(pk__among=moved, merged_record=None).update(merged_record=record)
        MergeUndo.objects.create(contact=kept, former_id=gone.pk, merged_at=at, steps=work.steps.done)
        fields, counts = told_of(work.steps.done, kept), work.steps.counts("move")
        AuditEvent.record(actor, gettext_noop("merged"), kept, fields=fields, batch=gone.pk, counts=counts)
        contacts_changed.send(sender=Contact, ids=[kept.pk])
    return record


def _do(survivor: UUID, merged: UUID, at: datetime) -> Merge:
    """Lock, ask, move, and settle the values; inside the caller's transaction."""
    if survivor == merged:
        raise Refused(_("A contact cannot be merged with itself."))
    take_turns("airlock")  # an import that looked for the merged record's address must not miss it and store it anew
    kept, gone = lock(survivor, merged)
    share_agreements()
    refuse(kept, gone, at)
    may_change_evidence()
    values = settled(kept, gone, fields_of(kept, gone), at)
    work = Merge(kept, gone, Steps())
    for model, data in _with_rows(work):
        _MERGED[data.on_merge](work, model, data)
    work.steps.drop(gone)  # only now is the other address free
    work.steps.change(Contact.objects.get(pk=kept.pk), {**values, "updated_at": at})
    contacts_merged.send(sender=Contact, merge=work)
    return work


def told_of(steps: list[Step], contact: Contact) -> set[str]:
    """What the audit trail names of a merge, and of taking it back: the contact's fields, and no key that follows."""
    return changed(steps, contact) - {"updated_at", *derived_keys("", "", "")}


def refuse(survivor: Contact, merged: Contact, at: datetime) -> None:
    """Raises Refused with the reasons when the two must not be merged at the moment `at`."""
    if reasons := reasons_against(contacts_merging, survivor=survivor, merged=merged, at=at):
        raise Refused(" ".join(reasons))


def settled(survivor: Contact, merged: Contact, fields: list[Field], at: datetime) -> dict[str, Any]:
    """What changes on the surviving contact, by column: the values that win, its state, and what follows from them."""
    values = {one.name: one.value for one in fields if one.taken_over} | state_of(survivor, merged)
    heard: Any = contacts_settling.send(Contact, survivor=survivor, merged=merged, values=values, at=at)
    for _receiver, more in heard:
        values |= more
    named = (values.get(name, getattr(survivor, name)) for name in ("email", "first_name", "last_name", "phone"))
    return values | derived_keys(*named)


def _with_rows(work: Merge) -> list[tuple[type[Model], PersonalData]]:
    """The linked tables with anything to settle, found in one statement: most have no row of the merged record.

    Nobody can add one meanwhile, because a foreign key to the locked contact waits; and no step adds one.
    """
    linked = [one for one in linked_models() if one[1].on_merge in _MERGED]
    found = filled({model: _at_stake(work, model, data) for model, data in linked})
    return [(model, data) for model, data in linked if model in found]


def _at_stake(work: Merge, model: type[Model], data: PersonalData) -> QuerySet[Any, Any]:
    """The merged record's rows of one table; what is computed anew is so for both."""
    rows, gone = model._base_manager.order_by("pk"), work.merged.pk
    if data.on_merge is OnMerge.PAIR:
        return rows.filter(Q(contact=gone) | Q(other=gone))
    if data.on_merge is OnMerge.DERIVED:
        return rows.filter(**{f"{data.subject}__in": (work.survivor.pk, gone)})
    return rows_that_follow(model, data, work.merged)


def rows_that_follow(model: type[Model], data: PersonalData, merged: Contact) -> QuerySet[Any, Any]:
    """The merged record's rows of a table whose rows follow to the surviving contact."""
    rows = model._base_manager.order_by("pk")
    return rows.filter(**{data.id_as_text: str(merged.pk)} if data.id_as_text else {data.subject: merged.pk})


def lock(*ids: UUID) -> list[Contact]:
    """The contacts, locked in the order of their ids. Raises Refused when one is not there any more."""
    locked = {one.pk: one for one in Contact.objects.filter(pk__in=ids).order_by("pk").select_for_update()}
    if len(locked) < len(ids):
        raise Refused(_("One of the two contacts is not there any more: erased, or merged already."))
    return [locked[one] for one in ids]


def reasons_against(signal: Any, **about: Any) -> list[str]:
    """What the floors above have against it."""
    return [reason for _receiver, reasons in signal.send(sender=Contact, **about) for reason in reasons]


def _old(work: Merge) -> dict[str, Any]:
    """The address that is not in use any more: the surviving contact has one of the two."""
    present = Contact.objects.values_list("email_key", flat=True).get(pk=work.survivor.pk)
    left = next((one for one in (work.merged, work.survivor) if one.email_key and one.email_key != present), None)
    return {"email": left.email, "email_key": left.email_key} if left else {}


def _collections(step: dict[str, Any]) -> Sequence[Any]:
    return step["keys"] if step["model"] == Collection._meta.label else ()


# What becomes of the rows --------------------------------------------------------------------------------------------


def _move(work: Merge, model: type[Model], data: PersonalData) -> None:
    """The rows follow; of two that a unique constraint does not allow side by side one is made."""
    if data.id_as_text:
        old, new = str(work.merged.pk), str(work.survivor.pk)
        entries = _at_stake(work, model, data).values_list("pk", flat=True)
        work.steps.move(model, data.id_as_text, entries, old=old, new=new)
        return
    for others in unique_sets(model, data.subject):
        _settle_clashes(work, model, data, others)
    keys = list(_at_stake(work, model, data).values_list("pk", flat=True))
    work.steps.move(model, data.subject, keys, old=work.merged.pk, new=work.survivor.pk)


def _settle_clashes(work: Merge, model: type[Model], data: PersonalData, others: Sequence[str]) -> None:
    """Where both contacts have the same row, change the surviving contact's and drop the other."""
    keys = [model._meta.get_field(name).attname for name in others]  # type: ignore[union-attr]
    taken = {tuple(values): pk for pk, *values in _of(model, data, work.survivor).values_list("pk", *keys)}
    same = [
        (pk, taken[tuple(values)])
        for pk, *values in _of(model, data, work.merged).values_list("pk", *keys)
        if tuple(values) in taken
    ]
    found = model._base_manager.in_bulk([pk for pair in same for pk in pair])
    for theirs, mine in ((found[theirs], found[mine]) for theirs, mine in same):
        wanted = model._base_manager.get(pk=mine.pk)
        if data.on_clash is not None:
            data.on_clash(wanted, theirs)
        before, after = packed(mine), packed(wanted)
        changed = {name: getattr(wanted, name) for name in after if before[name] != after[name]}
        work.steps.change(mine, changed)
        _follow(work, theirs, mine)
        work.steps.drop(theirs)


def _of(model: type[Model], data: PersonalData, contact: Contact) -> Any:
    return model._base_manager.filter(**{data.subject: contact.pk}).order_by("pk")


def _follow(work: Merge, dropped: Model, kept: Model) -> None:
    """Rows that point to a dropped row point to the one that stays; one that may be there only once goes."""
    for relation in dropped._meta.related_objects:
        if relation.many_to_many:
            continue
        name, model = relation.field.name, relation.related_model
        for row in model._base_manager.filter(**{name: dropped.pk}):
            has_one = relation.field.unique and model._base_manager.filter(**{name: kept.pk}).exists()
            if not has_one and not relation.field.primary_key:
                work.steps.change(row, {name: kept})
                continue
            work.steps.drop(row)
            if not has_one:
                setattr(row, relation.field.attname, kept.pk)
                work.steps.create(row)


def _pair(work: Merge, model: type[Model], data: PersonalData) -> None:
    """Pairs of the merged record become the surviving contact's, and a decision that two are distinct outweighs."""
    old, new = work.merged.pk, work.survivor.pk
    of_new = {_partner(row, new): row for row in DuplicatePair.objects.filter(Q(contact=new) | Q(other=new))}
    for row in _at_stake(work, model, data):
        partner = _partner(row, old)
        if partner == new:
            work.steps.drop(row)
        elif partner in of_new:
            decision = {name: getattr(row, name) for name in ("state", "decided_at", "decided_by")}
            if row.state == PairState.DISTINCT:
                work.steps.change(of_new[partner], decision)
            work.steps.drop(row)
        else:
            link = "contact" if row.contact_id == old else "other"
            work.steps.move(DuplicatePair, link, [row.pk], old=old, new=new)


def _partner(row: DuplicatePair, contact: UUID) -> UUID:
    return row.other_id if row.contact_id == contact else row.contact_id


def _recompute(work: Merge, model: type[Model], data: PersonalData) -> None:
    for row in _at_stake(work, model, data):
        work.steps.drop(row)


_MERGED: dict[OnMerge | None, Callable[[Merge, type[Model], PersonalData], None]] = {
    OnMerge.MOVE: _move,
    OnMerge.PAIR: _pair,
    OnMerge.DERIVED: _recompute,
}
"""What stays is known by a digest of the address, which goes on leading to the surviving contact."""


__all__ = ["Merge", "Refused", "lock", "merge", "reasons_against", "refuse", "rows_that_follow", "settled", "told_of"]
