"""The company's identity provider says who somebody is and in which role: real HTTP, real signatures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from config.environment import group_roles, identity_provider
from config.models import User
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES, create_roles
from config.sign_in.again import PERIOD
from tests.identity_provider import CLIENT, SECRET, Provider, running
from tests.sellers import directory
from tests.signing_in import HOME, enter, trail
from tests.staff import NOW, at_work, signed_in, text_of

pytestmark = pytest.mark.django_db
START = "/account/oidc/sso/login/"
ANNA = {"sub": "anna-at-the-provider", "preferred_username": "anna", "email": "anna@firm.example", "given_name": "Anna"}


@pytest.fixture
def provider(settings: Settings, tmp_path: Path) -> Iterator[Provider]:
    """A provider that Obhut knows, whose groups stand for roles."""
    create_roles()
    settings.OIDC_NAME = "Firm ID"
    settings.OIDC_ROLES = {"obhut-officers": PRIVACY_OFFICER, "CN=Sales,DC=firm": SALES, "clerks": PRIVACY_CLERK}
    with at_work(settings, tmp_path), running() as site:
        settings.SOCIALACCOUNT_PROVIDERS = identity_provider(site.url, CLIENT, SECRET)
        site.person = {**ANNA, "groups": ["everybody", "obhut-officers"]}
        yield site


def come(client: Client, address: str = START) -> Any:
    """Go to the provider and come back."""
    there = client.get(address)
    assert there.status_code == 302, there.content.decode()
    back = requests.get(there["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return client.get(back.removeprefix("http://testserver"))


def roles(user: User) -> list[str]:
    return list(user.groups.values_list("name", flat=True))


# Roles from groups ---------------------------------------------------------------------------------------------------


def test_whoever_is_in_a_group_gets_an_account_with_its_role_and_needs_no_factor_of_ours(provider: Provider) -> None:
    client = Client()
    assert "Sign in with Firm ID" in text_of(client.get("/account/login/"))
    assert come(client)["Location"] == HOME
    user = User.objects.get()
    assert (user.username, user.email, user.first_name, user.is_staff) == ("anna", "anna@firm.example", "Anna", True)
    assert (user.is_superuser, user.has_usable_password(), roles(user)) == (False, False, [PRIVACY_OFFICER])
    assert "Next run" in text_of(client.get(HOME))
    assert trail(user) == [("roles set by identity provider", ["groups"]), ("signed in", ["socialaccount"])]


def test_a_group_taken_away_takes_the_role_at_the_next_sign_in_and_another_gives_another(provider: Provider) -> None:
    come(Client())
    user = User.objects.get()
    provider.person["groups"] = ["CN=Sales,DC=firm", "clerks"]
    come(Client())
    assert sorted(roles(user)) == [PRIVACY_CLERK, SALES]
    provider.person["groups"] = ["everybody"]
    client = Client()
    answer = come(client)
    assert answer.status_code == 403
    assert "No role here" in answer.content.decode()
    assert roles(user) == []
    assert client.get(HOME).status_code == 302, "nobody is signed in"
    user.refresh_from_db()
    assert not user.is_staff
    provider.person["groups"] = ["clerks"]
    assert come(Client())["Location"] == HOME
    assert roles(user) == [PRIVACY_CLERK]
    assert User.objects.count() == 1


def test_a_session_from_before_loses_what_the_role_allowed(provider: Provider) -> None:
    client = Client()
    come(client)
    assert client.get(directory()).status_code == 200
    provider.person["groups"] = []
    come(Client())
    assert client.get(directory()).status_code == 403


@pytest.mark.parametrize("groups", [["everybody"], [], "everybody", None, 7, ["privacy officer"]])
def test_without_a_group_of_ours_there_is_no_account_and_a_page_says_why(provider: Provider, groups: Any) -> None:
    provider.person["groups"] = groups
    client = Client()
    answer = come(client)
    assert answer.status_code == 403
    assert "your account has no role in Obhut" in answer.content.decode()
    assert (User.objects.count(), SocialAccount.objects.count()) == (0, 0)


def test_the_claim_has_the_name_that_was_set_and_may_be_in_the_answer_about_the_person(
    provider: Provider, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = "roles"
    provider.about = {"roles": "clerks"}
    come(Client())
    assert roles(User.objects.get()) == [PRIVACY_CLERK]


def test_nothing_of_what_the_provider_said_is_kept_but_who_it_is(provider: Provider) -> None:
    provider.person["picture"] = "https://firm.example/anna.png"
    for _time in range(2):
        come(Client())
        account = SocialAccount.objects.get()
        assert (account.uid, account.extra_data) == ("anna-at-the-provider", {})
        assert SocialToken.objects.count() == 0


# Who it is -----------------------------------------------------------------------------------------------------------


def test_an_account_of_ours_is_never_taken_over_by_name_or_address(provider: Provider) -> None:
    ours = User.objects.create_superuser("anna", "anna@firm.example")
    come(Client())
    other = User.objects.exclude(pk=ours.pk).get()
    assert other.username != "anna"
    assert not other.is_superuser
    ours.refresh_from_db()
    assert roles(ours) == []


@pytest.mark.parametrize("flaw", ["key", "aud", "iss", "exp", "about"])
def test_a_token_that_is_not_the_providers_for_us_opens_nothing(provider: Provider, flaw: str) -> None:
    if flaw == "key":
        provider.key = provider.other_key()
    elif flaw == "about":
        provider.about = {"sub": "somebody-else"}
    else:
        provider.person[flaw] = {"aud": "somebody-else", "iss": "https://elsewhere.example", "exp": 1}[flaw]
    client = Client()
    answer = come(client)
    assert "The sign-in did not work" in answer.content.decode()
    assert User.objects.count() == 0
    assert client.get(HOME).status_code == 302


def test_an_answer_that_nobody_asked_for_opens_nothing(provider: Provider) -> None:
    there = Client().get(START)
    back = requests.get(there["Location"], allow_redirects=False, timeout=5).headers["Location"]
    answer = Client().get(back.removeprefix("http://testserver"))
    assert "The sign-in did not work" in answer.content.decode()
    assert User.objects.count() == 0


def test_a_closed_account_stays_closed(provider: Provider) -> None:
    come(Client())
    User.objects.update(is_active=False)
    client = Client()
    assert "This account is closed" in text_of(client.get(come(client)["Location"]))
    assert client.get(HOME).status_code == 302


def test_whoever_is_signed_in_otherwise_cannot_join_the_two(provider: Provider) -> None:
    ours = signed_in(AUDITOR)
    come(ours, f"{START}?process=connect")
    assert SocialAccount.objects.get().user.username == "anna"


# Once more -----------------------------------------------------------------------------------------------------------


def test_before_an_act_the_provider_is_asked_to_ask_again_and_one_comes_back(provider: Provider) -> None:
    client = Client()
    come(client)
    user = User.objects.get()
    other = User.objects.create_user("other", is_staff=True)
    address = f"/admin/config/user/{other.pk}/factors/"
    provider.person["groups"] = ["obhut-officers"]
    assert client.get(address).status_code == 200
    with time_machine.travel(NOW + PERIOD, tick=False):
        way = client.get(address)["Location"]
        assert way.startswith(START)
        assert come(client, way)["Location"] == address
        assert provider.asked[-1]["prompt"] == "login"
        assert client.get(address).status_code == 200
    assert [action for action, _fields in trail(user)].count("signed in") == 2


# Setting it up -------------------------------------------------------------------------------------------------------


def test_without_a_provider_there_is_no_button_and_no_page(settings: Settings, tmp_path: Path) -> None:
    with at_work(settings, tmp_path):
        assert "Sign in with a passkey" in text_of(Client().get("/account/login/"))
        assert "Firm ID" not in text_of(Client().get("/account/login/"))
        assert Client().get(START).status_code == 404


def test_half_a_description_of_the_provider_stops_the_start() -> None:
    assert identity_provider("", CLIENT, "") == {}
    with pytest.raises(ImproperlyConfigured, match="OIDC_CLIENT_SECRET is not"):
        identity_provider("https://id.example", CLIENT, "")


@pytest.mark.parametrize("value", ["sales", "[]", '{"staff": ["sales"]}', "{"])
def test_a_mapping_that_cannot_be_read_stops_the_start(value: str) -> None:
    assert group_roles("OIDC_ROLES", "") == {}
    assert group_roles("OIDC_ROLES", '{"staff": "sales"}') == {"staff": SALES}
    with pytest.raises(ImproperlyConfigured, match="OIDC_ROLES must read like"):
        group_roles("OIDC_ROLES", value)


def test_a_password_does_not_open_an_account_of_the_provider(provider: Provider) -> None:
    come(Client())
    assert "do not belong together" in text_of(enter(Client(), "anna", "x" * 15))
