"""Every page type of the desk, with the demo's people, in every language: nobody is shut out, nothing hangs over the edge.

The pages are those that the admin registers: one that is added later is walked too, without a change here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from playwright.sync_api import ViewportSize

from config import board
from config.dates import now
from config.models import Actor, User
from dsar import demo
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.every_page import pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

Desk = Callable[..., Visit]
LAPTOP = ViewportSize(width=1280, height=720)
LANGUAGES = ("de", "en", "fi")


@pytest.fixture
def somebody() -> User:
    """Break-glass, who may open every page of a house full of invented people."""
    demo.fill(now(), contacts=100, seed=1)
    board.check(now(), Actor.command())
    return User.objects.get(username="admin")


def test_every_page_in_every_language_fits_and_is_open_to_everybody(somebody: User, desk: Desk) -> None:
    """Each page in one of the languages, taking turns, and in German, whose words are the longest."""
    visit = desk(somebody)
    walked = list(pages(somebody))
    assert len(walked) > 2 * len(admin.site._registry)
    found: list[str] = []
    for turn, language in enumerate(LANGUAGES):
        User.objects.filter(pk=somebody.pk).update(language=language)
        for number, address in enumerate(walked):
            mine = number % len(LANGUAGES) == turn
            if mine or language == "de":
                found += [f"{language} {address}: {one}" for one in problems_of(visit, address, axe=mine)]
    assert "\n".join(found) == ""


def problems_of(visit: Visit, address: str, *, axe: bool) -> list[Any]:
    """What is wrong with a page, on a laptop and on a phone, by day and by night."""
    visit.complaints.clear()
    visit.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    visit.page.set_viewport_size(DESKTOP)
    answer = visit.page.goto(address)
    problems: list[Any] = [] if answer is not None and answer.ok else [f"answers {answer and answer.status}"]
    for size in (LAPTOP, PHONE):
        visit.page.set_viewport_size(size)
        problems += [f"{visit.sideways()} px too wide at {size['width']}"] if visit.sideways() > 0 else []
    if axe:
        problems += visit.barriers()
        visit.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        problems += [f"in the dark {one}" for one in visit.barriers()]
    return [*problems, *visit.complaints]
