"""Staff at their browsers, and the few records they look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import time_machine
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from pytest_django import Settings

from config import roles
from config.models import User
from contacts.models import Affiliation, Agreement, Contact, Organisation
from contacts.signals import contacts_changed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""When staff look, unless a test says otherwise: a Monday noon in Helsinki."""
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


@contextmanager
def at_work(settings: Settings, folder: Path) -> Iterator[None]:
    """It is noon on the day, and the server has its folder of static files, without which it warns."""
    settings.STATIC_ROOT = folder / "static"
    settings.STATIC_ROOT.mkdir()
    with time_machine.travel(NOW, tick=False):
        yield


# People at work -----------------------------------------------------------------------------------------------------


def account(role: str, **fields: Any) -> User:
    """A member of staff with one role."""
    roles.create_roles()
    user = User.objects.create_user(role.replace(" ", "-"), is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(role: str) -> Client:
    """The browser of somebody with that role."""
    client = Client()
    client.force_login(account(role))
    return client


def officer() -> Client:
    """The browser of a privacy officer."""
    return signed_in(roles.PRIVACY_OFFICER)


def break_glass() -> Client:
    """The browser of the superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("break-glass"))
    return client


def signed_in_again(role: str) -> Client:
    """The browser of the same person, at another time of day."""
    client = Client()
    client.force_login(User.objects.get(username=role.replace(" ", "-")))
    return client


# Pages --------------------------------------------------------------------------------------------------------------


def list_of(model: str) -> str:
    """The address of the list of a model ("contacts.contact")."""
    return reverse(f"admin:{model.replace('.', '_')}_changelist")


def add(model: str) -> str:
    """The address of the page that adds one."""
    return reverse(f"admin:{model.replace('.', '_')}_add")


def page_of(record: Any, what: str = "change") -> str:
    """The address of a record's page, or of one of its acts."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{what}", args=[record.pk])


def text_of(answer: Any) -> str:
    """What a page says, as people read it."""
    assert answer.status_code == 200, answer.status_code
    body = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", answer.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def short(day: date) -> str:
    """A day as lists show it."""
    return date_format(day, "SHORT_DATE_FORMAT")


def shown(answer: Any) -> list[Any]:
    """The rows of a list."""
    assert answer.status_code == 200, answer.status_code
    return list(answer.context["cl"].result_list)


def rows_of_everything() -> dict[str, int]:
    """How many rows every table has; a GET leaves them alone, except the read log and the renewal of a session."""
    read = ("sessions.Session", "config.AccessEvent")
    models = (model for model in apps.get_models(include_auto_created=True) if model._meta.label not in read)
    return {model._meta.label: model._base_manager.count() for model in models}


# Records ------------------------------------------------------------------------------------------------------------


def contact(first: str = "Anna", last: str = "Virtanen", *, at: Organisation | None = None, **fields: Any) -> Contact:
    """A contact collected today, in marketing unless it says otherwise, with its due date."""
    known = {"collected_on": TODAY, "in_marketing": True, "country": "FI"} | fields
    one = Contact.objects.create(first_name=first, last_name=last, **known)
    if at is not None:
        Affiliation.objects.create(contact=one, organisation=at)
    contacts_changed.send(sender=Contact, ids=[one.pk])
    return one


def customer(name: str = "Nordlicht GmbH", *, until: date | None = None, **fields: Any) -> Organisation:
    """An organisation with a licence since 2020, open-ended unless `until` says otherwise."""
    firm = Organisation.objects.create(name=name, **fields)
    Agreement.objects.create(
        organisation=firm, party="customer", kind="licence", starts_on=date(2020, 1, 1), ends_on=until
    )
    return firm


# Forms --------------------------------------------------------------------------------------------------------------

NO_ROWS = {
    "affiliations-TOTAL_FORMS": "0",
    "affiliations-INITIAL_FORMS": "0",
    "affiliations-MIN_NUM_FORMS": "0",
    "affiliations-MAX_NUM_FORMS": "1000",
}


def entered(**fields: str) -> dict[str, str]:
    """What the form for a contact sends, without an affiliation."""
    known = {"first_name": "Anna", "last_name": "Virtanen", "email": "anna@example.org", "collected_on": "2026-11-23"}
    return {**NO_ROWS, **known, **fields}


def employed(firm: Organisation, **fields: str) -> dict[str, str]:
    """The same with one affiliation."""
    row = {"affiliations-TOTAL_FORMS": "1", "affiliations-0-organisation": str(firm.pk), "affiliations-0-role": "Buyer"}
    return entered(**row, **fields)


def sent(person: Contact, **fields: str) -> dict[str, str]:
    """What the form of a contact in marketing sends when nothing else is touched."""
    seen = {"seen_at": Contact.objects.get(pk=person.pk).updated_at.isoformat()}
    known = {"first_name": person.first_name, "last_name": person.last_name, "country": "FI", "in_marketing": "on"}
    return {**NO_ROWS, **seen, **known, **fields}
