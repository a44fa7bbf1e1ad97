"""A real browser at a real server: what it needs, and how its pages report what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as now_set
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.services import chromium_path

SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
TABLET = ViewportSize(width=768, height=1024)
CSP_WATCH = """document.addEventListener("securitypolicyviolation", event =>
    console.error("CSP:", event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber))"""


@dataclass
class Visit:
    """One page in a browser, with everything it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to a page of the server and wait until it is at rest."""
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"
        self.page.wait_for_load_state("networkidle")

    def barriers(self) -> list[str]:
        """What keeps people from using the page, by axe: the rule and the first place of each."""
        before = list(self.complaints)
        found = Axe().run(self.page).response["violations"]
        self.complaints[:] = before  # axe tries styles of its own, which the CSP refuses
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]

    def sideways(self) -> int:
        """By how many pixels the page, once it is there, is wider than the window."""
        self.page.wait_for_load_state()
        self.page.wait_for_function("document.documentElement !== null")
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, started once for a file of tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(SWITCHES))
        yield browser
        browser.close()


@pytest.fixture
def desk(chromium: Browser, live_server: LiveServer) -> Iterator[Any]:
    """Opens a window: `desk(user, size, scheme)`, signed in as that account when there is one."""
    contexts: list[BrowserContext] = []

    def window(
        user: Any = None, size: ViewportSize | None = None, scheme: Any = "light", *, scripts: bool = True
    ) -> Visit:
        context = chromium.new_context(
            base_url=live_server.url, viewport=size or DESKTOP, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            name = now_set.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        context.add_init_script(CSP_WATCH)
        visit = Visit(context.new_page())
        visit.page.on(
            "console", lambda message: visit.complaints.append(message.text) if message.type == "error" else None
        )
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        return visit

    yield window
    for context in contexts:
        context.close()
