"""Accounts, uploads and workers for the tests of the airlock's pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as now_set
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

import consent.tasks  # noqa: F401  (registers what messages name)
from config import roles
from config.models import User
from consent.models import ImportBatch
from contacts.models import Contact
from tests.consent.conftest import Cells, bring, csv_text, on, person, suppress

ROLES = (roles.PRIVACY_OFFICER, roles.PRIVACY_CLERK, roles.AUDITOR, roles.SALES)
LIST = "admin:consent_importbatch_changelist"
ADD = "admin:consent_importbatch_add"


def people(count: int) -> list[dict[str, str]]:
    """That many rows of different people."""
    return [person(f"person{number}@example.org", last_name=f"Lastname{number}") for number in range(count)]


def one_of_each() -> list[dict[str, str]]:
    """Rows of which one is created, updated, unchanged, suppressed, quarantined and rejected each, in lines 2 to 7."""
    Contact.objects.create(email="known@example.org", collected_on=on("2024-01-01"), in_marketing=True)
    Contact.objects.create(
        email="other@example.org", last_name="Schmidt", first_name="Kurt", collected_on=on("2024-01-01")
    )
    suppress("no@example.org")
    same = person("same@example.org", collected_on="2025-01-01", source="fair")
    bring([same])
    return [
        person("new@example.org"),
        person("known@example.org"),
        same,
        person("no@example.org"),
        person("other@example.org"),
        person("not-an-address"),
    ]


EACH = {"created": 1, "updated": 1, "unchanged": 1, "suppressed": 1, "quarantined": 1, "rejected": 1}
"""The counts of `one_of_each`."""


def account(role: str, name: str = "") -> User:
    """A member of staff with one role."""
    if not Group.objects.filter(name=role).exists():
        roles.create_roles()
    user = User.objects.create_user(name or role.replace(" ", "-"), password="a long pass phrase", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(role: str, name: str = "", **options: Any) -> Client:
    """The browser of somebody with that role."""
    client = Client(**options)
    client.force_login(account(role, name))
    return client


@pytest.fixture
def clerk(db: None) -> Client:
    """The browser of a privacy clerk called clerk."""
    return signed_in(roles.PRIVACY_CLERK, "clerk")


def form(content: str | bytes | Sequence[Cells], name: str = "people.csv", **fields: str) -> dict[str, Any]:
    """What the upload form sends."""
    text = content if isinstance(content, str | bytes) else csv_text(content)
    file = SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())
    return {"kind": "contacts", "format": "auto", "source": "", "file": file} | fields


def upload(
    client: Client, content: str | bytes | Sequence[Cells], name: str = "people.csv", **fields: str
) -> ImportBatch:
    """Upload a file through the page, up to where it waits for the person."""
    answer: Any = client.post(reverse(ADD), form(content, name, **fields))
    assert answer.status_code == 302, text_of(answer)
    batch = ImportBatch.objects.latest("pk")
    assert answer.url == page_of(batch)
    return batch


def page_of(batch: ImportBatch) -> str:
    """The address of an import's page."""
    return reverse("admin:consent_importbatch_change", args=[batch.pk])


def act(client: Client, what: str, batch: ImportBatch) -> Any:
    """Press one of the buttons of an import's page; what the next page says."""
    return client.post(reverse(f"admin:consent_importbatch_{what}", args=[batch.pk]), follow=True)


def text_of(answer: Any) -> str:
    """What a page says, as people read it."""
    return " ".join(unescape(answer.content.decode()).split())


def said(answer: Any) -> list[str]:
    """The messages a page shows."""
    return [str(message) for message in get_messages(answer.wsgi_request)] or [
        str(message) for message in (answer.context or {}).get("messages", ())
    ]


def files() -> list[Path]:
    """The uploads that lie on the disk."""
    return sorted(now_set.UPLOAD_DIR.glob("*"))


def messages_sent() -> list[tuple[str, list[Any], dict[str, Any]]]:
    """Take what was sent to the workers: task, arguments, keyword arguments."""
    found: list[tuple[str, list[Any], dict[str, Any]]] = []
    with current_app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                return found
            message.ack()
            args, kwargs, _embedded = message.payload
            found.append((message.headers["task"], args, kwargs))


def work() -> int:
    """A worker does what it was sent; returns how many tasks that were."""
    sent = messages_sent()
    for task, args, kwargs in sent:
        current_app.tasks[task](*args, **kwargs)
    return len(sent)


@pytest.fixture(autouse=True)
def surroundings(settings: Settings, tmp_path: Path) -> None:
    """No message of another test, and a folder of collected static files, without which the server warns."""
    messages_sent()
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
