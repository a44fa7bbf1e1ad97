"""Every role at every door of the directory and of the admin: nothing forbidden is read or written (R16)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config import roles
from config.models import AccessEvent, ReadingPurpose, User
from contacts.models import Contact, Organisation
from tests.sellers import browser, company, directory, entry, listed, restricted, seller
from tests.staff import add, at_work, contact, customer, list_of, page_of, rows_of_everything

pytestmark = pytest.mark.django_db

ACTS = ("post", "put", "patch", "delete")


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


@pytest.fixture
def house() -> dict[str, Any]:
    """A seller of Finland, one person of Finland, and two whom the seller may not see: a German and a restricted one."""
    local = company("Oy", "FI")
    company("GmbH", "DE")
    firm, foreign = customer("Pohjola Oy"), customer("Nordlicht GmbH")
    return {
        "seller": seller(local),
        "firm": firm,
        "foreign": foreign,
        "own": contact("Aino", "Laine", country="FI", email="aino@pohjola.example", at=firm),
        "other": contact("Gerd", "Secretly", country="DE", email="gerd@nordlicht.example", at=foreign),
        "hidden": restricted(contact("Hilla", "Secretly", country="FI", email="hilla@pohjola.example", at=firm)),
    }


def doors(person: Contact, firm: Organisation) -> list[str]:
    """Every page of the directory that names a record."""
    return [entry(person), entry(person, "reveal"), reverse("directory:contacts_organisation_page", args=[firm.pk])]


# Who comes in ---------------------------------------------------------------------------------------------------------


def test_nobody_comes_in_without_signing_in(house: dict[str, Any]) -> None:
    for door in (directory(), *doors(house["own"], house["firm"])):
        answer = Client().get(door)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/account/login/")


@pytest.mark.parametrize(
    ("role", "status"),
    [(roles.SALES, 200), (roles.PRIVACY_CLERK, 200), (roles.PRIVACY_OFFICER, 200), (roles.AUDITOR, 403)],
)
def test_the_directory_is_for_whoever_may_see_contacts(role: str, status: int, house: dict[str, Any]) -> None:
    client = browser(seller(house["seller"].subsidiary, "somebody", role))
    for door in (
        directory(),
        entry(house["own"]),
        reverse("directory:contacts_organisation_page", args=[house["firm"].pk]),
    ):
        answer = client.get(door)
        assert answer.status_code == status, door
        assert ("Laine" in answer.content.decode() or "Pohjola" in answer.content.decode()) is (status == 200)


def test_no_browser_and_no_proxy_keeps_a_copy(house: dict[str, Any]) -> None:
    for door in (directory(), entry(house["own"])):
        assert "no-store" in browser(house["seller"]).get(door)["Cache-Control"]


# What sales cannot reach ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["other", "hidden"])
def test_a_guessed_id_leads_sales_to_nothing(who: str, house: dict[str, Any]) -> None:
    client, person = browser(house["seller"]), house[who]
    assert client.get(entry(house["own"])).status_code == 200
    for door in (entry(person), entry(person, "reveal")):
        for answer in (client.get(door), client.post(door, {"reason": "answer"})):
            assert answer.status_code in (404, 405)
            assert "Secretly" not in answer.content.decode()
    unknown = Contact(pk=UUID(int=7))
    assert client.get(entry(unknown)).content == client.get(entry(person)).content, "as if there were nobody"


def test_no_page_of_sales_names_anybody_else(house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    firm = reverse("directory:contacts_organisation_page", args=[house["firm"].pk])
    for door in (directory(), directory(organisation="Pohjola"), entry(house["own"]), firm):
        text = client.get(door).content.decode()
        assert "Laine" in text
        assert "Secretly" not in text, door
    assert client.get(reverse("directory:contacts_organisation_page", args=[house["foreign"].pk])).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"q": "Secretly"},
        {"q": "gerd@nordlicht.example"},
        {"q": "hilla@pohjola.example"},
        {"organisation": "nordlicht"},
        {"country": "DE"},
        {"channel": "email", "q": "Secretly"},
        {"job": "Secretly"},
        {"relationship": "customer", "q": "Secretly"},
    ],
)
def test_no_filter_finds_anybody_else(query: dict[str, str], house: dict[str, Any]) -> None:
    Contact.objects.update(job_function="Secretly")
    found = {name for name in listed(browser(house["seller"]).get(directory(**query))) if "Secretly" in name}
    officer = browser(seller(None, "officer", roles.PRIVACY_OFFICER))
    assert found == set()
    assert any("Secretly" in name for name in listed(officer.get(directory(**query)))) or "channel" in query


def test_the_reference_of_somebody_else_finds_nobody(house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    assert listed(client.get(directory(q=house["own"].reference))) == ["Aino Laine"]
    for who in ("other", "hidden"):
        assert listed(client.get(directory(q=house[who].reference))) == []


@pytest.mark.parametrize(
    "name", ["email", "email__startswith", "email_key__startswith", "phone__contains", "affiliations__contact__email"]
)
def test_a_field_that_is_no_filter_does_not_filter(name: str, house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    for value in ("aino@pohjola.example", "zzz"):
        assert listed(client.get(directory(**{name: value}))) == ["Aino Laine"]


@pytest.mark.parametrize("text", ["aino@", "@pohjola.example", "a@p", "aino@pohjola", "ino@pohjola.example"])
def test_a_part_of_an_address_finds_nobody_and_a_whole_one_does(text: str, house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    assert listed(client.get(directory(q=text))) == []
    assert listed(client.get(directory(q="AINO@pohjola.example"))) == ["Aino Laine"]


def test_a_marker_of_somebody_else_shows_nobody_else(house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    contact("Tuuli", "Zetterberg", country="FI")
    assert listed(client.get(directory(after=house["own"].pk))) == ["Tuuli Zetterberg"]
    for who in ("other", "hidden"):
        assert listed(client.get(directory(after=house[who].pk))) == [], "nor tells where the name would stand"
    assert client.get(directory(after="' OR 1=1")).status_code == 404


# What sales cannot do -------------------------------------------------------------------------------------------------


def test_the_directory_takes_no_form_but_the_one_that_reveals(house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    before = rows_of_everything()
    firm = reverse("directory:contacts_organisation_page", args=[house["firm"].pk])
    for door in (directory(), entry(house["own"]), firm):
        for act in ACTS:
            assert getattr(client, act)(door, {"first_name": "Changed"}).status_code == 405
    for act in ACTS[1:]:
        assert getattr(client, act)(entry(house["own"], "reveal")).status_code == 405
    assert rows_of_everything() == before
    assert not Contact.objects.filter(first_name="Changed").exists()


def test_looking_changes_nothing(house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    client.get(directory())
    before = rows_of_everything()
    for door in (directory(), *doors(house["own"], house["firm"])):
        client.get(door)
    assert rows_of_everything() == before


# The admin ------------------------------------------------------------------------------------------------------------


def admin_pages(record: Any) -> list[str]:
    """What the admin offers for one record: its page, its history, and the page that would delete it."""
    return [page_of(record, what) for what in ("change", "history", "delete")]


def test_sales_reach_no_list_no_form_and_no_choice_of_the_admin(house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    assert len(admin.site._registry) > 20
    for model in admin.site._registry:
        label = model._meta.label_lower
        for door in (list_of(label), add(label), f"{list_of(label)}?_popup=1", f"{list_of(label)}?q=Secretly"):
            assert client.get(door).status_code == 403, door
        assert client.post(list_of(label), {"action": "delete_selected"}).status_code == 403


def test_sales_reach_no_record_in_the_admin_by_its_id(house: dict[str, Any]) -> None:
    client = browser(house["seller"])
    for record in (house["own"], house["other"], house["firm"], house["firm"].agreements.get(), house["seller"]):
        for door in admin_pages(record):
            for answer in (client.get(door), client.post(door, {"first_name": "Changed"})):
                assert answer.status_code in (302, 403)
                assert "Laine" not in answer.content.decode()
                assert answer.status_code == 403 or answer["Location"] == reverse("admin:index")
    assert not Contact.objects.filter(first_name="Changed").exists()


@pytest.mark.parametrize(("app", "model", "field"), [("contacts", "affiliation", "organisation")])
def test_sales_get_no_choices_for_forms(app: str, model: str, field: str, house: dict[str, Any]) -> None:
    assert apps.get_model(app, model)._meta.get_field(field)
    query = {"app_label": app, "model_name": model, "field_name": field, "term": "Pohjola"}
    assert browser(house["seller"]).get(reverse("admin:autocomplete", query=query)).status_code == 403
    officer = browser(seller(None, "officer", roles.PRIVACY_OFFICER))
    assert "Pohjola" in officer.get(reverse("admin:autocomplete", query=query)).content.decode()


def test_the_home_page_of_sales_leads_to_the_directory_and_nowhere_else(house: dict[str, Any]) -> None:
    text = browser(house["seller"]).get(reverse("admin:index")).content.decode()
    assert f'action="{directory()}"' in text
    assert "/admin/contacts/" not in text
    officer = User.objects.get(pk=seller(None, "officer", roles.PRIVACY_OFFICER).pk)
    assert f'action="{directory()}"' not in browser(officer).get(reverse("admin:index")).content.decode()


# The read log ---------------------------------------------------------------------------------------------------------


def test_every_look_of_sales_is_noted_with_whom_how_and_for_what(house: dict[str, Any]) -> None:
    client, own = browser(house["seller"]), house["own"]
    firm = reverse("directory:contacts_organisation_page", args=[house["firm"].pk])
    looks: tuple[tuple[Any, str, list[str]], ...] = (
        (client.get, directory(), ["list"]),
        (client.get, directory(q="laine"), ["search"]),
        (client.get, entry(own), ["record"]),
        (client.post, entry(own, "reveal"), ["sent", "record"]),
        (client.get, entry(house["other"]), ["refused"]),
        (client.get, firm, ["record"]),
    )
    for act, door, kinds in looks:
        newest = AccessEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        act(door, {"reason": "answer"} if act == client.post else None)
        noted = list(AccessEvent.objects.filter(pk__gt=newest).order_by("pk"))
        assert [one.kind for one in noted] == kinds
        whom = house["other"] if kinds == ["refused"] else own
        assert all(str(whom.pk) in one.object_ids for one in noted)
        assert not any(str(house["hidden"].pk) in one.object_ids for one in noted)
        assert {(one.actor_id, one.role, one.purpose) for one in noted} == {
            (house["seller"].pk, roles.SALES, ReadingPurpose.CUSTOMER)
        }
