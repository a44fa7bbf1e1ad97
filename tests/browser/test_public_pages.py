"""The pages behind the links of our mails, on a phone and without scripts, in each language: open to everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from config.dates import now
from config.models import Actor
from config.roles import seed_controller
from consent import catalogue, opt_in
from consent.consents import Evidence
from consent.links import opt_in_link, preferences_link, unsubscribe_link
from consent.models import Consent, Objection
from contacts.models import Contact
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.consent.letters import path_of
from tests.staff import contact, customer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

Desk = Callable[..., Visit]
LANGUAGES = tuple(dict(settings.LANGUAGES))
LOOKS = [pytest.param(PHONE, "light", id="phone"), pytest.param(DESKTOP, "dark", id="desktop-dark")]


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    catalogue.seed()
    seed_controller()
    monkeypatch.setattr("celery.current_app.send_task", lambda *message: None)
    with translation.override("en"):
        yield


def somebody(language: str) -> Contact:
    """A contact of a customer with every channel."""
    return contact(
        email="anna.virtanen@example.org",
        at=customer(),
        language=language,
        country="DE",
        phone="+358401234567",
        street="Mannerheimintie 1",
        city="Helsinki",
        topics=["cloud"],
        collected_on=now().date() - timedelta(days=400),
    )


def addresses(person: Contact) -> dict[str, str]:
    """Every public page, by the English words of its heading."""
    evidence = Evidence(
        "form",
        by_subject=True,
        text=gettext("Know-how about cyber security and our services"),
        language=person.language,
    )
    asked = opt_in.request(person.pk, "know_how", now(), evidence=evidence, actor=Actor.subject())
    return {
        "Your preferences": path_of(preferences_link(person)),
        "Unsubscribe": path_of(unsubscribe_link(person, "marketing", "email")),
        "Please confirm your consent": path_of(opt_in_link(asked)),
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_public_page_is_open_to_everybody(language: str, size: Any, scheme: str, desk: Desk) -> None:
    person = somebody(language)
    visit = desk(None, size, scheme)
    for title, address in addresses(person).items():
        visit.open(address)
        with translation.override(language):
            expect(visit.page.locator("h1")).to_have_text(gettext(title))
        assert visit.page.locator("html").get_attribute("lang") == language
        assert (visit.barriers(), visit.complaints) == ([], []), title
        assert visit.sideways() <= 0, title
    assert visit.page.context.cookies() == []


@pytest.mark.parametrize(("language", "scripts"), [("de", True), ("en", False), ("fi", False)])
def test_somebody_with_a_phone_chooses_and_then_refuses_everything(language: str, scripts: bool, desk: Desk) -> None:
    person = somebody(language)
    visit = desk(None, PHONE, "light", scripts=scripts)
    page = visit.page
    visit.open(path_of(preferences_link(person)))
    with translation.override(language):
        row = page.get_by_role("group", name=gettext("Know-how about cyber security and our services"))
        box = row.get_by_label(gettext("By e-mail"))
        expect(box).not_to_be_checked()
        box.check()
        page.get_by_role("button", name=gettext("Save my choices"), exact=True).click()
        expect(page.get_by_role("status")).to_have_text(gettext("Saved. Your choices apply from now on."))
        expect(box).to_be_checked()
        assert not scripts or visit.barriers() == []  # axe itself needs scripts
        assert Consent.objects.get().language == language
        page.get_by_role("button", name=gettext("I want no advertising at all")).click()
        expect(page.locator("h1")).to_have_text(gettext("No more advertising"))
    assert not scripts or visit.barriers() == []
    assert visit.complaints == []
    assert Objection.objects.get().purpose == ""
    assert page.context.cookies() == []


def test_a_broken_link_is_open_to_everybody_too(desk: Desk) -> None:
    visit = desk(None, PHONE, "dark")
    answer = visit.page.goto("/preferences/half-a-link/")
    assert answer is not None and answer.status == 404
    expect(visit.page.locator("h1")).to_have_text("This link opens nothing")
    assert visit.barriers() == []
    expect(visit.page.get_by_role("button")).to_have_count(0)
    visit.page.get_by_role("main").get_by_role("link", name="Send us a request here").click()
    expect(visit.page.locator("h1")).to_have_text("Use your rights")
    assert visit.barriers() == []


def test_buttons_and_boxes_are_large_enough_for_a_thumb(desk: Desk) -> None:
    visit = desk(None, PHONE, "light")
    visit.open(path_of(preferences_link(somebody("de"))))
    targets = visit.page.locator("button, .boxes label")
    heights = [targets.nth(number).bounding_box() for number in range(targets.count())]
    assert len(heights) > 20
    assert [box for box in heights if box is None or box["height"] < 44] == []
