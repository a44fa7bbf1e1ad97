"""The section about profiling, clause by clause."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from config.models import Actor
from consent import audience, consents, objections, profiling, wording
from consent.audience import Selection
from consent.consents import Evidence
from consent.models import InterestProfile, OwnHost, Purpose
from consent.models.consents import Channel, ConsentState
from contacts.models import Contact, Engagement
from tests.consent.reasons import told, weigh_everything
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, at_work, contact

pytestmark = pytest.mark.django_db

HAND = Actor.command()
WEBSITE, ELSEWHERE = "https://www.f-secure.com/business", "https://www.example.org/f-secure.com"


@pytest.fixture(autouse=True)
def _at_work(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def reader(*, asked: bool = True, **fields: Any) -> Contact:
    """Somebody who has been informed, and who consented to profiling unless nobody asked."""
    one = contact(**{"email": "anna@example.org", "phone": "+358401234567", "job_function": "IT"} | fields)
    told(one, at=NOW - 9 * DAY)
    if asked:
        evidence = Evidence("form", by_subject=True, text="Yes, follow what I read.", language="en")
        consents.record(one.pk, "profiling", "", ConsentState.GIVEN, NOW - 9 * DAY, evidence=evidence, actor=HAND)
    return one


def visits(one: Contact, url: str = WEBSITE, times: int = 1) -> None:
    for number in range(times):
        Engagement.objects.create(contact=one, kind="visit", occurred_at=NOW - (number + 1) * DAY, url=url)


def scores() -> dict[Contact, int]:
    profiling.compute(NOW)
    return {one.contact: one.score for one in InterestProfile.objects.select_related("contact")}


class TestS53:
    """Um unsere Interaktion auf die Services zu konzentrieren, an denen Sie hauptsächlich interessiert sind, können
    einige der erfassten Daten auf Ihrer Aktivität auf den Webseiten unseres Unternehmens basieren.
    """  # noqa: D205  (the clause as published)

    def test_activity_on_our_websites_makes_a_profile(self) -> None:
        one = reader()
        assert scores() == {}
        visits(one)
        assert set(scores()) == {one}


class TestS54:
    """Falls Sie eingewilligt haben, dass Ihnen entsprechender Datenverkehr zugeordnet wird, geschieht dies
    beispielsweise durch das Ausfüllen unserer Web-Formulare.
    """  # noqa: D205  (the clause as published)

    def test_only_of_those_who_consented(self) -> None:
        asked, unasked = reader(), reader(asked=False, email="otto@example.org")
        for one in (asked, unasked):
            visits(one)
        assert set(scores()) == {asked}


class TestS55:
    """Wir zeichnen Ihren Web-Datenverkehr außerhalb der F‑Secure-Websites nicht auf."""

    def test_what_happens_elsewhere_counts_nothing(self) -> None:
        one = reader()
        visits(one, ELSEWHERE)
        assert scores() == {}


class TestS56:
    """Je mehr Aktivität und Interesse Sie an unseren Lösungen zeigen, desto wahrscheinlicher ist es, dass wir auf Sie
    zukommen.
    """  # noqa: D205  (the clause as published)

    def test_more_activity_ranks_higher_and_the_score_says_why(self) -> None:
        once, often = reader(), reader(email="otto@example.org")
        visits(once)
        visits(often, times=3)
        found = scores()
        assert found[often] > found[once] > 0
        assert InterestProfile.objects.first() == InterestProfile.objects.get(contact=often)
        assert all(one.score == sum(part["points"] for part in one.inputs) for one in InterestProfile.objects.all())


class TestS58:
    """Wenn Sie in die Nutzung Ihrer E-Mail-Adresse zu diesem Zweck nicht einwilligen, können Sie jederzeit deren
    Entfernung aus unseren Aufzeichnungen verlangen.
    """  # noqa: D205  (the clause as published)

    def test_one_step_ends_the_profile_and_no_new_one_is_made(self) -> None:
        one = reader()
        visits(one)
        assert set(scores()) == {one}
        objections.to_marketing(one.pk, NOW, method="phone", actor=HAND, purpose="profiling")
        assert not InterestProfile.objects.exists()
        assert scores() == {}


class TestS59:
    """Für Sie hat das zur Folge, dass die Nachrichten, die Sie von uns erhalten, für Sie und Ihren Arbeitgeber weniger
    relevant sein können.
    """  # noqa: D205  (the clause as published)

    def test_the_person_is_told_so_where_they_choose(self) -> None:
        words = wording.meaning(Purpose.objects.get(code="profiling"))
        assert "our messages may then be less relevant to you and your employer" in words


class TestS60:
    """Wir geben solche Profilinformationen nicht an externe Parteien weiter."""

    def test_a_file_for_a_message_is_the_same_with_a_profile_and_without(self) -> None:
        weigh_everything()
        one = reader()
        visits(one)
        selection = Selection(Purpose.objects.get(code="marketing"), Channel.PHONE)
        before = exported(selection)
        assert [row["reference"] for row in before] == [one.reference]
        assert set(scores()) == {one}
        assert exported(selection) == before


class TestS163:
    """„Website“ bezieht sich auf die Website www.f-secure.com oder eine andere von F‑Secure gehostete oder
    kontrollierte Website, einschließlich der zugehörigen Unter-Websites und browserbasierten Serviceportale.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("url", [WEBSITE, "https://portal.partners.f-secure.com/login"])
    def test_sites_below_the_published_one_and_portals_count(self, url: str) -> None:
        one, other = reader(), reader(email="other@example.org")
        visits(other, ELSEWHERE)
        visits(one, url)
        assert set(scores()) == {one}

    def test_another_website_counts_once_it_is_on_the_list(self) -> None:
        one = reader()
        visits(one, "https://shop.example/")
        assert scores() == {}
        OwnHost.objects.create(host="shop.example")
        assert set(scores()) == {one}


def exported(selection: Selection) -> list[dict[str, str]]:
    _record, file = audience.export(selection, NOW, actor=HAND)
    with file:
        return list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))


@pytest.mark.parametrize("clause", [TestS53, TestS54, TestS55, TestS56, TestS58, TestS59, TestS60, TestS163])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
