"""Each member of staff reads the pages in a language of their own choice."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from config.models import AuditEvent, User
from config.roles import PRIVACY_CLERK, SALES
from tests.staff import signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

HOME = "/admin/"
GERMAN_BROWSER = {"accept-language": "de"}


def test_an_account_without_a_language_follows_the_browser() -> None:
    client = signed_in(PRIVACY_CLERK)
    assert client.get(HOME).context["LANGUAGE_CODE"] == "en"
    assert client.get(HOME, headers=GERMAN_BROWSER).context["LANGUAGE_CODE"] == "de"


def test_the_language_of_the_account_wins_over_the_browser() -> None:
    client = signed_in(PRIVACY_CLERK)
    User.objects.update(language="fi")
    answer = client.get(HOME, headers=GERMAN_BROWSER)
    assert (answer.context["LANGUAGE_CODE"], answer.headers["Content-Language"]) == ("fi", "fi")
    assert '<html lang="fi"' in answer.content.decode()


@pytest.mark.parametrize(("role", "page"), [(PRIVACY_CLERK, HOME), (SALES, "/contacts/")])
def test_staff_choose_it_themselves_where_they_are(role: str, page: str) -> None:
    client = signed_in(role)
    assert reverse("admin:language") in client.get(page).content.decode()
    answer = client.post(reverse("admin:language"), {"language": "de", "next": page}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert answer.context["LANGUAGE_CODE"] == "de"
    event = AuditEvent.objects.get(model="config.User", action="changed")
    assert (event.fields, event.actor_id) == (["language"], User.objects.get().pk)


@pytest.mark.parametrize("language", ["", "sv", "de\n"])
def test_a_language_we_do_not_speak_is_not_set(language: str) -> None:
    client = signed_in(PRIVACY_CLERK)
    client.post(reverse("admin:language"), {"language": language})
    assert User.objects.get().language == ""
    assert not AuditEvent.objects.exists()


def test_a_language_is_not_set_by_a_link_and_leads_nowhere_else() -> None:
    client = signed_in(PRIVACY_CLERK)
    assert client.get(reverse("admin:language"), {"language": "de"}).status_code == 405
    answer = client.post(reverse("admin:language"), {"language": "de", "next": "https://evil.example/"})
    assert answer["Location"] == HOME


def test_people_without_an_account_read_in_the_language_of_their_browser() -> None:
    assert Client().get("/requests/", headers=GERMAN_BROWSER).headers["Content-Language"] == "de"
    assert "Today" not in text_of(Client().get("/requests/"))
