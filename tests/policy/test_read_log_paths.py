"""Who looked at whom is known, on every path (R15).

S103: „Alle personenbezogenen Daten werden auf sicheren Servern gespeichert, die von F‑Secure oder unseren Partnern
betrieben werden und deren Zugriff auf autorisiertes Personal beschränkt ist.“

The paths are those of the URL configuration, and the rows those of the declarations: a page or a table that is added
later is driven too, without a change here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import ForeignKey, Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from config import roles
from config.models import AccessEvent, AccessKind, Actor, AuditEvent, User
from consent.models import Breach, ImportBatch, InterestProfile, PolicyNotification, QuarantinedRow
from contacts.models import Contact, DuplicatePair, Organisation, Source
from contacts.models.merging import PairState
from contacts.personal_data import linked_models
from contacts.signals import contacts_changed
from tests import staff
from tests.canaries import Canary, plant, seen_in_database
from tests.consent.conftest import person
from tests.consent.pages import act, upload

pytestmark = pytest.mark.django_db

ELSEWHERE = {"admin:view_on_site", "admin:None", "admin:app_list", "consent:confirm", "consent:preferences"}
ELSEWHERE |= {"consent:unsubscribe", "dsar:confirm", "dsar:identity", "dsar:package"}
ELSEWHERE |= {"mfa_remove_webauthn", "openid_connect_login", "openid_connect_callback"}
"""Redirects to a page that is driven, the pages of the person concerned, and one's own ways to sign in."""


def patterns(resolver: Any, space: str = "", route: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every page there is."""
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, f"{one.namespace}:" if one.namespace else space, route + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield f"{space}{one.name}", route + str(one.pattern)


PATHS = sorted({(name, route) for name, route in patterns(get_resolver()) if name not in ELSEWHERE})


def model_of(name: str) -> type[Model] | None:
    """The model whose pages have such a name ("admin:contacts_contact_change")."""
    app, _, rest = name.rpartition(":")[2].partition("_")
    models = {f"{app}.{rest.partition('_')[0]}", f"config.{rest.partition('_')[0]}"}
    return next((one for one in apps.get_models() if one._meta.label_lower in models), None)


def addresses(name: str, route: str) -> Iterator[str]:
    """Every address of a page: one for each record it may be about."""
    if name == "admin:autocomplete":
        yield from searches()
    elif "<" not in route:
        yield f"/{route}"
        if name.endswith("_changelist"):
            yield from (f"/{route}?{asked}" for asked in ("q=nachtig", "_popup=1", "q=C-"))
    else:
        model, (start, _, rest) = model_of(name), route.partition("<")
        assert model is not None, f"Nobody knows what {name} is about."
        keys = model._base_manager.values_list("pk", flat=True)
        yield from (f"/{start}{key}{rest.partition('>')[2]}" for key in keys)


def searches() -> Iterator[str]:
    """Every choice that a form offers by typing."""
    for model, page in admin.site._registry.items():
        inlines = [one.model for one in page.inlines]
        for one in [model, *inlines]:
            for field in one._meta.local_concrete_fields:
                if isinstance(field, ForeignKey) and field.related_model in admin.site._registry:
                    asked = f"app_label={one._meta.app_label}&model_name={one._meta.model_name}&field_name={field.name}"
                    yield f"/admin/autocomplete/?{asked}&term=nachtig"


@dataclass
class House:
    """A register with one person everywhere, and somebody who looks at all of it."""

    canary: Canary
    contact: Contact
    browser: Client

    def shows_in(self, body: bytes) -> bool:
        """Whether a page shows the person: a value, the reference or the id."""
        marks = (str(self.contact.pk).encode(), self.contact.reference.encode())
        return bool(self.canary.seen_in(body)) or any(mark in body for mark in marks)

    def look(self, address: str) -> tuple[bool, bool]:
        """Whether the person was shown at an address, and whether the log has it."""
        newest = AccessEvent.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        answer: Any = self.browser.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        fresh = AccessEvent.objects.filter(pk__gt=newest).exclude(kind=AccessKind.REFUSED)
        return self.shows_in(body), any(str(self.contact.pk) in one.object_ids for one in fresh)


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[House]:
    """Everything that can be known about somebody is known about this one."""
    with staff.at_work(settings, tmp_path):
        roles.seed_controller()
        canary = Canary("nachtigall", 143, staff.NOW, customer_until=None)
        contact = staff.contact("Anna", canary.text(), email=canary.email)
        browser = staff.break_glass()
        user = User.objects.get()
        somebody_else = person(canary.email, last_name="Schmidt", first_name="Kurt")
        act(browser, "confirm", upload(browser, [somebody_else]))
        waiting = QuarantinedRow.objects.get()
        upload(browser, [somebody_else, person(canary.email)])
        staff.customer("Nordlicht GmbH")
        firm = Organisation.objects.create(name="Nordlicht GmbH")  # the same without an agreement: is one missing?
        batch = ImportBatch.objects.create(kind="contacts", file_name="people.csv")
        announced = PolicyNotification.objects.create(version="2019-09", finished_at=staff.NOW)
        source = Source.objects.create(code="fair-2022")
        breach = Breach.objects.create(title="A list went astray", aware_at=staff.NOW)
        given = {"source": source, "batch": batch, "user": user, "notification": announced, "breach": breach}
        plant(canary, contact, organisation=firm, **given)
        QuarantinedRow.objects.exclude(pk=waiting.pk).delete()
        InterestProfile.objects.update(inputs=[])
        DuplicatePair.objects.update(state=PairState.DISTINCT)
        other = staff.contact("Kurt", "Schmidt", email="kurt@example.org")
        DuplicatePair.objects.create(contact=contact, other=other, score=40, found_at=staff.NOW)
        contacts_changed.send(sender=Contact, ids=[contact.pk])
        AuditEvent.record(Actor.person(user), "changed", contact, fields=["email"])
        LogEntry.objects.update(user=user, object_repr=str(contact))
        yield House(canary, contact, browser)


def test_every_page_that_shows_somebody_is_in_the_read_log(house: House) -> None:
    shown, missing = set(), []
    for name, route in PATHS:
        for address in addresses(name, route):
            seen, noted = house.look(address)
            if seen:
                shown.add(name)
            if seen and not noted:
                missing.append(address)
    assert missing == []
    expected = {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model, data in linked_models()
        if data.subject and model in admin.site._registry
        for page in ("changelist", "change")
    }
    assert expected - shown == set()
    assert shown >= {"admin:autocomplete", "admin:contacts_duplicatepair_merge"}
    assert shown >= {"admin:contacts_contact_history", "admin:contacts_organisation_change"}


def test_no_value_of_anybody_is_in_the_read_log(house: House) -> None:
    for address in ("/?q=nachtigall@example.org", "/?q=Nachtigall", f"/{house.contact.pk}/change/"):
        assert house.look(f"/admin/contacts/contact{address}") == (True, True)
    seen = {place for place in seen_in_database(house.canary) if place[0] == "config_accessevent"}
    assert seen == set()
