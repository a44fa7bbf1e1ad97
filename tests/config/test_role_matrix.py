"""Role by model by path: nobody reads or writes more than the role says, on a house full of invented data (S64, S101).

The models are those that the admin registers: one that is added later is tried too, without a change here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import ForeignKey, Model
from django.test import Client
from django.urls import reverse

from config.dates import now
from config.models import AccessEvent, User
from config.roles import (
    ROLES,
    SALES,
)
from consent.models import ExceptionalDisclosure
from contacts.models import Contact
from dsar import demo
from tests.staff import add, list_of, page_of, rows_of_everything

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:No directory at"),
]


def shows(answer: Any) -> bool:
    """Whether it is a page, or the way to the page of the record; the home page is where nothing leads to."""
    return bool(
        answer.status_code == 200 or (answer.status_code == 302 and answer["Location"] != reverse("admin:index"))
    )


@pytest.fixture
def house() -> None:
    """People, agreements, requests and evidence of every kind."""
    demo.fill(now(), contacts=100, seed=1)


def at_the_desk(role: str) -> Client:
    """The browser of the demo's account with that role."""
    client = Client()
    client.force_login(User.objects.filter(groups__name=role).order_by("username")[0])
    return client


def may(role: str, act: str, model: type[Model]) -> bool:
    """Whether the role says so; sales have the directory, and nothing of the admin."""
    return role != SALES and f"{model._meta.app_label}.{act}_{model._meta.model_name}" in ROLES[role]


def registered() -> Iterator[tuple[type[Model], Any, Model | None]]:
    """Every model of the admin with its page and one of its records."""
    for model, page in admin.site._registry.items():
        yield model, page, model._default_manager.order_by("pk").first()


def looks(model: type[Model], record: Model | None) -> Iterator[str]:
    """Every address that shows records of a model."""
    label = model._meta.label_lower
    yield from (list_of(label), f"{list_of(label)}?q=a", f"{list_of(label)}?_popup=1", f"{list_of(label)}?all=1")
    if record is not None:
        yield from (page_of(record), page_of(record, "history"))


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_the_records_it_names_and_no_others(role: str) -> None:
    client, seen, kept_out = at_the_desk(role), 0, 0
    for model, _page, record in registered():
        assert shows(client.get(list_of(model._meta.label_lower))) is may(role, "view", model), model
        for address in looks(model, record):
            answer = client.get(address)
            assert not shows(answer) or may(role, "view", model), f"{address}: {answer.status_code}"
            seen += shows(answer)
            kept_out += not shows(answer)
    assert seen or role == SALES
    assert kept_out


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("role", ROLES)
def test_a_role_adds_changes_and_deletes_nothing_that_it_does_not_name(role: str) -> None:
    client = at_the_desk(role)
    before = rows_of_everything()
    stored = {model: list(model._base_manager.order_by("pk").values()) for model, _page, _record in registered()}
    for model, _page, record in registered():
        label = model._meta.label_lower
        if shows(client.get(add(label))):
            assert may(role, "add", model), add(label)
        client.post(list_of(label), {"action": "delete_selected", "_selected_action": "1"})
        if record is None:
            continue
        assert client.get(page_of(record, "delete")).status_code == 403
        assert client.post(page_of(record, "delete"), {"post": "yes"}).status_code == 403
        if not may(role, "change", model) and model is not ExceptionalDisclosure:  # whoever wrote a draft corrects it
            changed = {field.name: "Changed" for field in model._meta.fields if field.editable}
            assert client.post(page_of(record), changed).status_code in (302, 403), page_of(record)
    assert rows_of_everything() == before
    for model, rows in stored.items():
        if model not in (AccessEvent, User):  # the read log has what was tried; a sign-in its time
            assert list(model._base_manager.order_by("pk").values()) == rows, model


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("role", ROLES)
def test_a_filter_by_a_field_of_somebody_else_answers_nothing(role: str) -> None:
    """What no list offers as a filter is no way to guess a value, letter by letter."""
    client = at_the_desk(role)
    letter = Contact.objects.exclude(email="").order_by("pk")[0].email[:1]
    tried = 0
    for model, _page, _record in registered():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is Contact:
                answer = client.get(list_of(model._meta.label_lower), {f"{field.name}__email__startswith": letter})
                assert answer.status_code in (302, 400, 403), model
                tried += 1
    assert tried > 10


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("role", ROLES)
def test_the_choices_of_a_form_are_for_whoever_may_see_the_records(role: str) -> None:
    client, tried = at_the_desk(role), 0
    for model, page, _record in registered():
        for name in page.autocomplete_fields:
            field: Any = model._meta.get_field(name)
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": name}
            answer = client.get(reverse("admin:autocomplete"), {**asked, "term": "a"})
            assert (answer.status_code == 200) is may(role, "view", field.related_model), (role, model, name)
            tried += 1
    assert tried


def test_a_stranger_reaches_nothing() -> None:
    for model, _page, _record in registered():
        answer = Client().get(list_of(model._meta.label_lower))
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("admin:login"))
