"""The interest profile (S53-S59): consented activity on our own websites, explained, and gone in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config.dates import add_months, local_date
from config.models import Actor, AuditEvent
from config.roles import PRIVACY_CLERK, SALES
from consent import consents, objections, profiling
from consent.consents import Evidence
from consent.models import Consent, InterestProfile, Notice, Objection, OwnHost, PolicyVersion, Restriction
from consent.models.consents import ConsentState
from contacts.models import Contact, Engagement
from tests.staff import at_work, signed_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SITE = "https://www.f-secure.com/business"
ASKED = Evidence("preference centre", by_subject=True, text="Yes, follow what I read.", language="en")


def informed(number: int = 1) -> Contact:
    """A prospect who has been told."""
    contact = Contact.objects.create(
        email=f"anna{number}@example.org", in_marketing=True, collected_on=local_date(NOW - 400 * DAY)
    )
    policy = PolicyVersion.in_force(local_date(NOW))
    assert policy is not None
    Notice.objects.create(
        contact=contact, kind="art13", policy=policy, given_at=NOW - 400 * DAY, recorded_at=NOW - 400 * DAY
    )
    return contact


def say(contact: Contact, state: ConsentState, at: datetime) -> Consent:
    """The person says something about profiling."""
    return consents.record(contact.pk, "profiling", "", state, at, evidence=ASKED, actor=Actor.task())


def does(contact: Contact, kind: str, at: datetime, url: str = SITE, **fields: bool) -> Engagement:
    """The person does something on a website."""
    return Engagement.objects.create(contact=contact, kind=kind, occurred_at=at, url=url, **fields)


@pytest.fixture
def anna() -> Contact:
    """Somebody who consented 300 days ago."""
    contact = informed()
    say(contact, ConsentState.GIVEN, NOW - 300 * DAY)
    return contact


def profile_of(contact: Contact) -> InterestProfile | None:
    profiling.compute(NOW)
    return InterestProfile.objects.filter(contact=contact).first()


def score(contact: Contact) -> int:
    found = profile_of(contact)
    return found.score if found else 0


@pytest.fixture(autouse=True)
def _noon(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


# What counts -----------------------------------------------------------------------------------------------------------


def test_the_score_explains_itself_by_kind_host_count_day_and_points(anna: Contact) -> None:
    does(anna, "visit", NOW - 2 * DAY)
    does(anna, "visit", NOW - 3 * DAY)
    does(anna, "form", NOW - 200 * DAY, "https://elements.f-secure.com/trial")
    found = profile_of(anna)
    assert found is not None
    assert found.score == 9
    assert found.inputs == [
        {"kind": "form", "host": "elements.f-secure.com", "count": 1, "last_on": "2026-05-07", "points": 5},
        {"kind": "visit", "host": "www.f-secure.com", "count": 2, "last_on": "2026-11-21", "points": 4},
    ]
    assert [one["what"] for one in found.explained] == ["form", "website visit"]


@pytest.mark.parametrize(("kind", "points"), [("visit", 2), ("login", 2), ("click", 4), ("form", 10)])
def test_each_kind_of_activity_has_its_points(anna: Contact, kind: str, points: int) -> None:
    does(anna, kind, NOW - DAY)
    assert score(anna) == points


@pytest.mark.parametrize("kind", ["open", "delivery", "bounce", "call_in", "event", "reply", "survey"])
def test_what_is_no_activity_on_a_website_counts_nothing(anna: Contact, kind: str) -> None:
    does(anna, "visit", NOW - DAY)
    before = score(anna)
    does(anna, kind, NOW - DAY)
    assert before == score(anna) == 2


def test_activity_counts_double_through_the_day_six_months_on(anna: Contact) -> None:
    on_the_day = datetime(2026, 5, 23, 10, tzinfo=UTC)
    assert add_months(local_date(on_the_day), profiling.RECENT_MONTHS) == local_date(NOW)
    visit = does(anna, "visit", on_the_day)
    assert score(anna) == 2
    Engagement.objects.filter(pk=visit.pk).update(occurred_at=on_the_day - DAY)
    assert score(anna) == 1


def test_a_machine_counts_nothing(anna: Contact) -> None:
    does(anna, "click", NOW - DAY)
    does(anna, "click", NOW - 2 * DAY, automated=True)
    assert score(anna) == 4


# S55: our own websites only ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "counts"),
    [
        ("https://f-secure.com/", True),
        ("https://WWW.F-Secure.com:443/x", True),
        ("https://my.portal.f-secure.com./", True),
        ("https://evil-f-secure.com/", False),
        ("https://f-secure.com.example.org/", False),
        ("https://example.org/?f-secure.com", False),
        ("https://f-secure.com@example.org/", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_only_our_own_hosts_are_looked_at(anna: Contact, url: str, counts: bool) -> None:
    does(anna, "visit", NOW - DAY, url)
    assert (score(anna) > 0) is counts


def test_a_host_may_stand_for_itself_alone(anna: Contact) -> None:
    OwnHost.objects.all().delete()
    OwnHost.objects.create(host=" Shop.Example.COM. ", with_subdomains=False)
    does(anna, "visit", NOW - DAY, "https://shop.example.com/")
    does(anna, "visit", NOW - 2 * DAY, "https://eu.shop.example.com/")
    found = profile_of(anna)
    assert found is not None
    assert [one["host"] for one in found.inputs] == ["shop.example.com"]


# S53, S54: as far as the person consented ---------------------------------------------------------------------------------


def test_without_consent_there_is_no_profile() -> None:
    contact = informed()
    does(contact, "visit", NOW - DAY)
    assert profile_of(contact) is None
    say(contact, ConsentState.GIVEN, NOW - 2 * DAY)
    assert score(contact) == 2


@pytest.mark.parametrize("state", [ConsentState.UNKNOWN, ConsentState.REQUESTED, ConsentState.REFUSED])
def test_a_state_that_is_no_consent_makes_no_profile(state: ConsentState) -> None:
    contact = informed()
    say(contact, state, NOW - 9 * DAY)
    does(contact, "visit", NOW - DAY)
    assert profile_of(contact) is None


def test_what_happened_before_the_consent_is_not_looked_at(anna: Contact) -> None:
    given_at = NOW - 300 * DAY
    does(anna, "visit", given_at - timedelta(seconds=1))
    assert score(anna) == 0
    does(anna, "visit", given_at)
    assert score(anna) == 1


def test_what_happened_before_an_earlier_consent_ended_stays_out(anna: Contact) -> None:
    does(anna, "form", NOW - 100 * DAY)
    assert score(anna) == 10
    say(anna, ConsentState.WITHDRAWN, NOW - 50 * DAY)
    does(anna, "form", NOW - 40 * DAY)
    assert score(anna) == 0
    say(anna, ConsentState.GIVEN, NOW - 30 * DAY)
    assert score(anna) == 0
    does(anna, "visit", NOW - 20 * DAY)
    assert score(anna) == 2


def test_a_renewed_consent_keeps_what_the_first_one_covered(anna: Contact) -> None:
    does(anna, "visit", NOW - 100 * DAY)
    say(anna, ConsentState.RENEWED, NOW - 50 * DAY)
    assert score(anna) == 2


# S58: gone in one step ----------------------------------------------------------------------------------------------------


def withdraws(contact: Contact) -> None:
    consents.withdraw(contact.pk, "profiling", "", NOW, method="preference centre", actor=Actor.task())


def objects_to_profiling(contact: Contact) -> None:
    objections.to_marketing(contact.pk, NOW, method="letter", actor=Actor.task(), purpose="profiling")


def objects_to_all(contact: Contact) -> None:
    objections.to_marketing(contact.pk, NOW, method="letter", actor=Actor.task())


@pytest.mark.parametrize("act", [withdraws, objects_to_profiling, objects_to_all])
def test_the_profile_goes_at_once_and_does_not_come_back(anna: Contact, act: Callable[[Contact], None]) -> None:
    does(anna, "visit", NOW - DAY)
    assert score(anna) == 2
    act(anna)
    assert not InterestProfile.objects.exists()
    assert profiling.compute(NOW + DAY) == 0
    assert Engagement.objects.filter(contact=anna, kind="visit").exists()


def test_an_objection_to_one_channel_leaves_the_profile(anna: Contact) -> None:
    does(anna, "visit", NOW - DAY)
    assert score(anna) == 2
    objections.to_marketing(anna.pk, NOW, method="letter", actor=Actor.task(), channel="phone")
    assert score(anna) == 2


def test_whoever_is_restricted_is_not_profiled(anna: Contact) -> None:
    does(anna, "visit", NOW - DAY)
    assert score(anna) == 2
    Restriction.objects.create(contact=anna, ground="a", since_at=NOW - DAY)
    assert profile_of(anna) is None


def test_a_profile_without_activity_goes(anna: Contact) -> None:
    does(anna, "visit", NOW - DAY)
    assert score(anna) == 2
    Engagement.objects.filter(contact=anna).delete()
    assert profile_of(anna) is None


# The pages ----------------------------------------------------------------------------------------------------------------


def test_staff_read_why_and_remove_somebody_in_one_step(anna: Contact) -> None:
    does(anna, "visit", NOW - DAY)
    assert score(anna) == 2
    client = signed_in(PRIVACY_CLERK)
    listed = client.get(reverse("admin:consent_interestprofile_changelist")).content.decode()
    assert "website visit on www.f-secure.com: 1, 2 points" in listed
    page = client.get(reverse("admin:contacts_contact_change", args=[anna.pk])).content.decode()
    address = reverse("admin:consent_interestprofile_remove", args=[anna.pk])
    assert address in page
    asked = client.get(address)
    assert "The interest profile is deleted now" in asked.content.decode()
    assert InterestProfile.objects.exists()
    client.post(address)
    assert not InterestProfile.objects.exists()
    assert Objection.objects.get().purpose == "profiling"
    assert AuditEvent.objects.filter(action="objected to marketing", object_id=anna.pk).exists()


def test_sales_do_not_see_profiles(anna: Contact) -> None:
    does(anna, "visit", NOW - DAY)
    assert score(anna) == 2
    client: Client = signed_in(SALES)
    assert client.get(reverse("admin:consent_interestprofile_changelist")).status_code == 403
    assert client.get(reverse("admin:consent_interestprofile_remove", args=[anna.pk])).status_code == 403
