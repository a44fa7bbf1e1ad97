"""The ways writers really write: each saves one contact who is due."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from config.dates import local_date
from config.models import Actor
from consent.models import Restriction as RestrictionRow
from contacts.models import Affiliation, Contact
from contacts.models import Agreement as AgreementRow
from contacts.models import Engagement as EngagementRow
from contacts.signals import contacts_changed
from retention import holding
from retention.models import Hold
from tests.retention.nights import DAY, moment

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)


class TooLateError(Exception):
    """The writer found that the contact is gone."""


def place_hold(contact: UUID) -> None:
    found = Contact.objects.filter(pk=contact).first()
    if found is None:
        raise TooLateError
    holding.place(found, "matter 7", ON + 30 * DAY, Actor.command(), moment(ON))


def insert_hold(contact: UUID) -> None:
    Hold.objects.create(contact_id=contact, kind="request", matter="request")


def restrict(contact: UUID) -> None:
    RestrictionRow.objects.create(contact_id=contact, ground="a")


def sign_agreement(contact: UUID) -> None:
    """With the organisation the person works for."""
    firm = Affiliation.objects.filter(contact=contact).values_list("organisation_id", flat=True).first()
    if firm is None:
        raise TooLateError
    with transaction.atomic():
        AgreementRow(organisation_id=firm, party="customer", kind="licence", starts_on=LONG_AGO).save()
        if not Contact.objects.filter(pk=contact).exists():
            raise TooLateError
        contacts_changed.send(AgreementRow, ids=[contact])


def engage(contact: UUID) -> None:
    """The importer's way: the contact's row first, then the engagement, then the date on the contact."""
    with transaction.atomic():
        locked = Contact.objects.select_for_update().filter(pk=contact).first()
        if locked is None:
            raise TooLateError
        EngagementRow.objects.create(contact=locked, kind="click", occurred_at=moment(ON))
        Contact.objects.filter(pk=contact).update(last_engaged_on=local_date(moment(ON)))


def join(contact: UUID) -> None:
    """A new job at a customer."""
    firm = AgreementRow.objects.filter(reference="haven").values_list("organisation_id", flat=True).get()
    Affiliation.objects.create(contact_id=contact, organisation_id=firm)


def rejoin(contact: UUID) -> None:
    """The person was thought to have left a customer, and has not."""
    found = Affiliation.objects.filter(contact=contact, ended_on__isnull=False).first()
    if found is None:
        raise TooLateError
    found.ended_on = None
    found.save(force_update=True)
