"""Taking a merge back within 30 days (E36): the merged record is a contact again, with what was its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import may_change_evidence, take_turns
from contacts.merge_steps import take_back
from contacts.merging import Refused, lock, reasons_against, told_of
from contacts.models import Collection, Contact, MergedRecord, MergeUndo
from contacts.models.organisations import share_agreements
from contacts.signals import contacts_changed, contacts_unmerging


def undo(record: MergedRecord, *, actor: Actor, at: datetime) -> UUID:
    """Take a merge back at the moment `at`; returns the id of the contact that is back.

    What came since stays with the contact that survived, and what has gone since by its own clock stays gone. Raises
    Refused with the reason when the time is over, or something since makes it impossible or unlawful.
    """
    with transaction.atomic():
        take_turns("airlock")
        (kept,) = lock(record.contact_id)
        copies = MergeUndo.objects.filter(former_id=record.former_id).first()
        reasons = why_not(record, kept, copies, at)
        if reasons or copies is None:
            raise Refused(" ".join(reasons))
        share_agreements()
        may_change_evidence()
        Collection.objects.filter(merged_record=record).update(merged_record=None)
        MergedRecord.objects.filter(pk=record.pk).delete()
        copies.delete()
        take_back(copies.steps)
        fields = told_of(copies.steps, kept)
        AuditEvent.record(actor, gettext_noop("merge taken back"), kept, fields=fields, batch=record.former_id)
        contacts_changed.send(sender=Contact, ids=[kept.pk, record.former_id])
    return record.former_id


def why_not(record: MergedRecord, kept: Contact, copies: MergeUndo | None, at: datetime) -> list[str]:
    """The reasons for which a merge cannot be taken back at `at`; none when it can."""
    if local_date(at) > record.undo_until:
        return [_("A merge can be taken back for 30 days; that time is over.")]
    if not MergedRecord.objects.filter(pk=record.pk).exists():
        return [_("This merge was taken back already.")]
    if copies is None:
        return [_("What was kept for taking it back has been deleted, together with the data it was a copy of.")]
    later = Q(merged_at__gt=record.merged_at) | Q(merged_at=record.merged_at, pk__gt=record.pk)
    if MergedRecord.objects.filter(later, contact=kept).exists():
        return [_("Another contact was merged into this one later. Take that merge back first.")]
    reasons = reasons_against(contacts_unmerging, contact=kept, since=record.merged_at, at=at)
    if _address_is_in_use(copies.steps, kept):
        reasons.append(_("An e-mail address that would come back is in use by now."))
    return reasons


def _address_is_in_use(steps: Iterable[dict[str, Any]], kept: Contact) -> bool:
    """Whether somebody has the merged record's own address, or the one that the merge took from the surviving contact.

    That one comes back only where the contact still has what the merge gave it.
    """
    mine = [step for step in steps if step["model"] == Contact._meta.label]
    back = {step["row"]["email_key"] for step in mine if step["step"] == "drop"} - {None}
    given = next((step for step in mine if step["step"] == "change" and "email_key" in step["before"]), None)
    if given is not None and given["after"]["email_key"] == kept.email_key:
        back |= {given["before"]["email_key"]} - {None}
    elif kept.email_key in back:
        return True
    return Contact.objects.filter(email_key__in=back).exclude(pk=kept.pk).exists()
