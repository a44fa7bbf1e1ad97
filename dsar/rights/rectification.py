"""Rectification (Art. 16; S112 to S116): field by field, before and after, on the word of the person.

Staff note down the corrections while the case is assessed. What the person says outranks every import: it is kept with
the person as its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django_countries import countries

from config.dates import local_date
from config.models import Actor, AuditEvent
from consent.models.disclosures import NoticeReason
from contacts.directory import language_name
from contacts.identity import clean_email, clean_phone
from contacts.models import Collection, Contact, Source
from contacts.models.provenance import SourceKind
from contacts.signals import contacts_changed
from dsar.history import note
from dsar.models import AskedRight, Correction, ExecutionTask, Match
from dsar.models.decisions import DataCategory, Decision
from dsar.models.history import EventKind
from dsar.models.requests import Right
from dsar.package.places import category_of
from dsar.rights.people import confirmed, decided
from dsar.rights.procedures import Step, register
from dsar.rights.telling import Telling, who_is_told

SOURCE: Final = "rights-request"
CORRECTABLE: Final = (
    "salutation", "academic_title", "first_name", "last_name", "job_title", "job_function", "email", "phone",
    "language", "country", "street", "postcode", "city", "state", "linkedin_url", "topics", "notification_preferences",
)  # fmt: skip
"""What a person can have corrected here; facts about the employer are the employer's."""


def propose(match: Match, field: str, value: str, at: datetime, *, actor: Actor) -> Correction:
    """Note down what a field must say, in place of an earlier correction; nothing is changed yet.

    Topics are separated by semicolons. Raises ValueError for a field that is not corrected here, for a value that
    the field cannot take, and once corrections are being carried out.
    """
    if field not in CORRECTABLE or match.contact is None:
        raise ValueError(_("This field is not corrected here."))
    asked = AskedRight.objects.filter(request=match.request_id, right=Right.RECTIFICATION).first()
    if asked is None or begun(asked):
        raise ValueError(_("Corrections are noted down before the case is carried out."))
    contact = Contact.objects.get(pk=match.contact.pk)
    _set(contact, field, value)
    with transaction.atomic():
        correction, _created = Correction.objects.update_or_create(
            asked=asked,
            match=match,
            field=field,
            defaults={
                "before": _shown(match.contact, field),
                "after": _shown(contact, field),
                "noted_at": at,
                "noted_by": actor.user_id,
                "applied_at": None,  # a field that an earlier round corrected is corrected anew
            },
        )
        note(asked.request, EventKind.DECIDED, at, actor, subject=f"correction {field}"[:60])
    return correction


def begun(asked: AskedRight) -> bool:
    """Whether corrections are being carried out in this round; a case that was reopened begins another."""
    return asked.tasks.filter(round=asked.request.round).exists()


@register(Right.RECTIFICATION)
class Rectification(Telling):
    """The noted corrections of every category that was granted, and the recipients told."""

    told_that = "recipient_rectified"
    told_because = NoticeReason.RECTIFIED
    changes = frozenset({"correct", "by_hand"})
    titles = {**Telling.titles, "correct": gettext_lazy("Correct the record")}

    def categories(self, asked: AskedRight) -> Sequence[DataCategory]:
        """Those of the corrections that were noted; all of them while there is none."""
        found = {category_of("contacts.Contact", one.field) for one in asked.corrections.all()}
        return [one for one in DataCategory if one in found] or list(DataCategory)

    def preview(self, asked: AskedRight, at: datetime) -> Iterable[str]:
        """Each field with what it says now and what it will say."""
        names = {one.name: str(one.verbose_name) for one in Contact._meta.local_concrete_fields}
        for one in granted(asked):
            before, after = named(one.field, one.before), named(one.field, one.after)
            values = {"field": names[one.field], "before": before or "–", "after": after or "–"}
            yield _("%(field)s: “%(before)s” becomes “%(after)s”.") % values
        yield from who_is_told(asked)

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """One step for each record; by hand where the correction concerns another system."""
        records = sorted({one.match_id for one in granted(asked)})
        if records or begun(asked):
            return [Step("correct", target=one, again=True) for one in records]
        return super().steps(asked)

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        """Correct one record."""
        return {"fields": correct([one for one in granted(task.asked) if one.match_id == task.target], at, actor)}

    def changed(self, task: ExecutionTask) -> list[UUID]:
        """The record that was corrected; by hand, every record of the person."""
        people = Contact.objects.filter(request_matches=task.target) if task.target else confirmed(task.asked)
        return [one.pk for one in people]


def named(field: str, value: str) -> str:
    """What a field says, in words: a language or a country by its name."""
    if field == "language":
        return language_name(value)
    return str(countries.name(value) or value) if field == "country" else value


def granted(asked: AskedRight) -> list[Correction]:
    """The corrections of categories that were not refused, and not carried out yet."""
    refused = {one.category for one in decided(asked) if one.decision == Decision.REFUSED}
    waiting = (one for one in asked.corrections.all() if one.applied_at is None)
    return [one for one in waiting if category_of("contacts.Contact", one.field) not in refused]


def correct(corrections: Sequence[Correction], at: datetime, actor: Actor) -> int:
    """Write corrections of one record into it; returns how many fields. Runs in the caller's transaction.

    Raises Contact.DoesNotExist for somebody erased, and ValidationError when an address has become somebody else's.
    """
    if not corrections:
        return 0
    contact = Contact.objects.select_for_update().get(request_matches=corrections[0].match_id)
    for one in corrections:
        one.before = _shown(contact, one.field)
        _set(contact, one.field, one.after)
        one.applied_at = at
        one.save(update_fields=["before", "applied_at"])
    contact.save()
    names = sorted(one.field for one in corrections)
    source, _created = Source.objects.get_or_create(
        code=SOURCE, defaults={"name": _("Rights request"), "kind": SourceKind.FORM}
    )
    Collection.objects.create(
        contact=contact, source=source, collected_on=local_date(at), supplied_by_subject=True, fields=names
    )
    AuditEvent.record(actor, gettext_noop("rectified"), contact, fields=names, batch=corrections[0].asked.request_id)
    contacts_changed.send(sender=Contact, ids=[contact.pk])
    return len(names)


def _set(contact: Contact, field: str, text: str) -> None:
    """Set a field from what was entered, in the form it is stored in. Raises ValueError for what it cannot hold."""
    text = text.strip()
    try:
        if field == "topics":
            value: object = [one.strip() for one in text.split(";") if one.strip()]
        elif field == "email" and text:
            value, key = clean_email(text)
            if Contact.objects.filter(email_key=key).exclude(pk=contact.pk).exists():
                raise ValueError(_("This address belongs to another contact."))
        elif field == "phone":
            value = clean_phone(text, str(contact.country or ""))
        else:
            value = text
        setattr(contact, field, value)
        contact.clean_fields(exclude=[one.name for one in Contact._meta.fields if one.name != field])
    except ValidationError as problem:
        raise ValueError(" ".join(problem.messages)) from None


def _shown(contact: Contact, field: str) -> str:
    value = getattr(contact, field)
    return "; ".join(value) if isinstance(value, list) else str(value or "")


__all__ = ["CORRECTABLE", "begun", "correct", "granted", "propose"]
