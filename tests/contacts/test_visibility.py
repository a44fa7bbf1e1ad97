"""Whom an account may see: nobody, unless the one rule says so (R16)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from config import roles
from config.models import User
from config.permissions import RolesBackend
from contacts.models import Contact
from contacts.visibility import organisations_visible_to, sees_all, visible_to
from tests.sellers import company, restricted, seller
from tests.staff import DAY, NOW, contact, customer

pytestmark = pytest.mark.django_db


def seen(user: Any) -> set[str]:
    """The first names of those whom the account may see."""
    return set(visible_to(user, NOW).values_list("first_name", flat=True))


def cast() -> dict[str, Any]:
    """Three companies, two of them of one region, and people of each, of none and of a country that one serves."""
    finland, sweden = company("Oy", "FI", "Nordics"), company("AB", "SE", "Nordics", serves="DK,NO")
    germany = company("GmbH", "DE", "DACH", serves="AT,CH")
    contact("Finn", country="FI"), contact("Sven", country="SE"), contact("Dag", country="NO")
    contact("Gerd", country="DE"), contact("Resi", country="AT"), contact("Ghost", country="")
    contact("Given", country="FI", subsidiary=germany), contact("Brit", country="GB")
    return {"FI": finland, "SE": sweden, "DE": germany}


@pytest.mark.parametrize(
    ("where", "sees", "expected"),
    [
        ("FI", "subsidiary", {"Finn"}),
        ("SE", "subsidiary", {"Sven", "Dag"}),
        ("DE", "subsidiary", {"Gerd", "Resi", "Given"}),
        ("FI", "region", {"Finn", "Sven", "Dag"}),
        ("SE", "region", {"Finn", "Sven", "Dag"}),
        ("DE", "region", {"Gerd", "Resi", "Given"}),
    ],
)
def test_sales_see_their_own_company_or_its_whole_region(where: str, sees: str, expected: set[str]) -> None:
    assert seen(seller(cast()[where], sees=sees)) == expected


def test_an_account_without_a_company_sees_nobody_even_of_a_region() -> None:
    cast()
    assert Contact.objects.count() == 8
    assert seen(seller(None)) == seen(seller(None, "other", sees="region")) == set()


def test_companies_without_a_region_are_no_region_together() -> None:
    one = company("One", "FI")
    company("Two", "SE")
    contact("Finn", country="FI"), contact("Sven", country="SE")
    assert seen(seller(one, sees="region")) == {"Finn"}


@pytest.mark.parametrize("role", [roles.PRIVACY_OFFICER, roles.PRIVACY_CLERK])
def test_whoever_keeps_the_register_sees_everybody(role: str) -> None:
    local = cast()["FI"]
    restricted(Contact.objects.get(first_name="Brit"))
    user = seller(local, role=role)
    assert sees_all(user) and len(seen(user)) == 8


def test_auditors_strangers_and_closed_accounts_see_nobody() -> None:
    local = cast()["FI"]
    stranger = User.objects.create_user("stranger", subsidiary=local)
    closed = seller(local, "closed", is_active=False)
    for user in (seller(local, "auditor", roles.AUDITOR), stranger, closed, AnonymousUser()):
        assert not sees_all(user)
        assert seen(user) == set()


def test_sales_do_not_see_whose_data_is_restricted_from_then_until_it_is_lifted() -> None:
    user = seller(company("Oy", "FI"))
    person = contact("Anna", country="FI")
    assert seen(user) == {"Anna"}
    restricted(person)
    assert seen(user) == set()
    assert visible_to(user, NOW - 2 * DAY).exists(), "not yet restricted then"
    person.restrictions.update(notice_before_lift_at=NOW, lifted_at=NOW)
    assert seen(user) == {"Anna"}


def test_an_organisation_exists_for_sales_while_they_may_see_somebody_there() -> None:
    user, officer = seller(company("Oy", "FI")), seller(None, "officer", roles.PRIVACY_OFFICER)
    ours, theirs, empty = customer("Ours"), customer("Theirs"), customer("Empty")
    person = contact("Finn", country="FI", at=ours)
    contact("Gerd", country="DE", at=theirs)
    assert set(organisations_visible_to(user, NOW)) == {ours}
    assert set(organisations_visible_to(officer, NOW)) == {ours, theirs, empty}
    restricted(person)
    assert not organisations_visible_to(user, NOW).exists()


def test_it_is_a_condition_on_any_contacts_and_asks_the_same_whatever_their_number(
    django_assert_num_queries: Any,
) -> None:
    user = seller(cast()["SE"])
    some = Contact.objects.exclude(first_name="Dag")
    with django_assert_num_queries(2):  # the permissions, the people
        assert [one.first_name for one in visible_to(user, NOW, some)] == ["Sven"]


@pytest.mark.parametrize(("sees", "expected"), [("subsidiary", {"Sven", "Dag"}), ("region", {"Finn", "Sven", "Dag"})])
def test_the_account_of_a_session_brings_what_decides_whom_it_sees(
    sees: str, expected: set[str], django_assert_num_queries: Any
) -> None:
    user = seller(cast()["SE"], sees=sees)
    with django_assert_num_queries(2):  # the account, the people
        assert seen(RolesBackend().get_user(user.pk)) == expected
    assert seen(user) == expected
