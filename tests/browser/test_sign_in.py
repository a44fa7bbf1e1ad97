"""Signing in with a real browser: password and code, a passkey, and a policy that lets no foreign script run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from config.environment import identity_provider
from config.models import User
from config.roles import PRIVACY_OFFICER, create_roles
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.identity_provider import CLIENT, SECRET, running
from tests.signing_in import PASSPHRASE, code, officer, trail

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]
Desk = Callable[..., Visit]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""A device with a fingerprint reader on which a finger lies."""


@pytest.fixture
def here(live_server: Any) -> str:
    """The server by a name: a passkey belongs to one, never to a number."""
    return str(live_server.url).replace("127.0.0.1", "localhost")


def with_finger(page: Page) -> Callable[[bool], None]:
    """Give the browser the device; returns what takes the finger away or lays it back."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    device = line.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def lay(there: bool) -> None:
        line.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": there})

    return lay


def check(visit: Visit) -> None:
    """The page complains about nothing, fits, and shuts nobody out."""
    assert (visit.complaints, visit.sideways(), visit.barriers()) == ([], 0, [])


def password(visit: Visit, user: User) -> None:
    """Fill in the first page."""
    visit.page.get_by_label("User name").fill(user.username)
    visit.page.get_by_label("Password").fill(PASSPHRASE)
    check(visit)
    visit.page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_a_new_account_sets_up_an_app_and_signs_in_with_its_code(desk: Desk, here: str, size: Any, scheme: str) -> None:
    user, visit = officer(), desk(None, size, scheme)
    page = visit.page
    visit.open(f"{here}/admin/")
    password(visit, user)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    check(visit)
    page.get_by_role("link", name="Set up the app").click()
    page.get_by_text("The app cannot scan?").click()
    secret = page.locator("code.secret").inner_text()
    check(visit)
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Set up the app").click()
    expect(page.locator(".codes li")).to_have_count(10)
    check(visit)
    page.get_by_role("link", name="I have kept them, go on").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    page.get_by_role("button", name="Log out").click()

    password(visit, user)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    check(visit)
    page.get_by_label("Code").fill(code(secret, 1))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    assert [action for action, _fields in trail(user)].count("signed in") == 2


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")])
def test_a_passkey_is_registered_and_opens_without_a_password(desk: Desk, here: str, size: Any, scheme: str) -> None:
    user, visit = officer(), desk(None, size, scheme)
    page, lay = visit.page, with_finger(visit.page)
    visit.open(f"{here}/admin/")
    password(visit, user)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My laptop")
    check(visit)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them, go on").click()
    page.get_by_role("link", name="Sign-in").click()
    expect(page.get_by_text("My laptop")).to_be_visible()
    check(visit)
    page.get_by_role("button", name="Log out").click()

    lay(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The browser did not hand over a passkey.")).to_be_visible()
    check(visit)
    lay(True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    assert trail(user)[-1] == ("signed in", ["webauthn"])

    page.get_by_role("button", name="Log out").click()
    password(visit, user)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    assert trail(user)[-1] == ("signed in", ["password", "webauthn"])
    visit.open(f"{here}/account/passkeys/confirm/?next=/admin/password_change/")
    check(visit)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_label("Old password")).to_be_visible()
    assert visit.complaints == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_companys_sign_in_is_a_link_away_and_a_stranger_to_us_reads_why(
    desk: Desk, here: str, size: Any, settings: Settings
) -> None:
    create_roles()
    settings.OIDC_NAME, settings.OIDC_ROLES = "Firm ID", {"officers": PRIVACY_OFFICER}
    with running() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = identity_provider(provider.url, CLIENT, SECRET)
        provider.person = {"sub": "anna", "preferred_username": "anna", "groups": ["officers"]}
        visit = desk(None, size)
        visit.open(f"{here}/admin/retention/retentionrun/")
        check(visit)
        visit.page.get_by_role("link", name="Sign in with Firm ID").click()
        expect(visit.page.get_by_role("heading", name="Retention runs")).to_be_visible()
        assert visit.complaints == []
        visit.page.get_by_role("button", name="Log out").click()
        provider.person["groups"] = ["everybody"]
        visit.page.get_by_role("link", name="Sign in with Firm ID").click()
        expect(visit.page.get_by_role("heading", name="No role here")).to_be_visible()
        assert [one for one in visit.complaints if "403" not in one] == []
        assert (visit.sideways(), visit.barriers()) == (0, [])


def test_the_watch_on_the_policy_sees_a_foreign_script(desk: Desk, here: str) -> None:
    visit = desk(None)
    visit.open(f"{here}/account/login/")
    visit.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))")
    visit.page.wait_for_timeout(200)
    assert any("CSP" in one or "Content Security Policy" in one for one in visit.complaints)
