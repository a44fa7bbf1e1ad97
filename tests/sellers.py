"""Local companies, and people in sales at their browsers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from config import roles
from config.models import Subsidiary, User
from consent.models import Restriction
from contacts.models import Contact
from tests.staff import DAY, NOW


def company(name: str, country: str, region: str = "", serves: str = "") -> Subsidiary:
    """A local company; `serves` are other countries, parted by commas."""
    return Subsidiary.objects.create(name=name, country=country, region=region, serves=serves)


def seller(local: Subsidiary | None, name: str = "seller", role: str = roles.SALES, **fields: Any) -> User:
    """An account in sales of that company, unless it is said to have another role."""
    roles.create_roles()
    user = User.objects.create_user(name, is_staff=True, subsidiary=local, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def browser(user: User) -> Client:
    """The browser of that account."""
    client = Client()
    client.force_login(user)
    return client


def restricted(person: Contact) -> Contact:
    """The person, whose data may not be used since yesterday."""
    Restriction.objects.create(contact=person, ground="a", since_at=NOW - DAY)
    return person


def directory(**query: Any) -> str:
    """The address of the list."""
    return reverse("directory:contacts_contact_list", query=query)


def entry(person: Contact, page: str = "page") -> str:
    """The address of somebody's page, or of what is done there."""
    return reverse(f"directory:contacts_contact_{page}", args=[person.pk])


def listed(answer: Any) -> list[str]:
    """The names in the list, in its order."""
    assert answer.status_code == 200, answer.status_code
    return [card.name for card, _lines in answer.context["found"].people]
