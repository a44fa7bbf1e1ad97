"""Versions of the policy: added with their languages, in force from their day, and then as they are for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from pytest_django import Settings

from config.models import Actor
from config.policy.periods import MARKETING_PERIODS
from config.roles import AUDITOR, PRIVACY_CLERK
from consent.catalogue import seed
from consent.models import PolicyVersion
from retention import breaker, purge
from retention.models.runs import RunTrigger
from tests.consent.reasons import published, remove_evidence, seeded
from tests.page_forms import form_of
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    add,
    at_work,
    break_glass,
    list_of,
    officer,
    page_of,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

ADD = add("consent.policyversion")
FAR = date(2999, 1, 1)
"""In the future by every clock, the database's own included."""


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def entry(day: Any = TODAY, **fields: Any) -> dict[str, Any]:
    """What the form sends: one version in English."""
    known = {
        "version": "2026-11", "published_on": str(day), "places": "https://www.f-secure.com\nhttps://portal.example",
        "is_material": "on", "title_en": "Privacy policy", "text_en": "First.\n\nSecond.", "changes_en": "Section 2.",
    }  # fmt: skip
    return known | fields


# In force -------------------------------------------------------------------------------------------------------------


def test_the_first_version_is_the_published_one_of_september_2019() -> None:
    one = PolicyVersion.objects.get()
    assert (one.version, one.language, one.published_on) == ("2019-09", "de", date(2019, 9, 1))
    assert one.text.startswith("Datenschutzrichtlinie")
    assert one.places
    remove_evidence(PolicyVersion.objects.all())
    seed()
    assert PolicyVersion.objects.get().text == one.text


def test_a_version_is_in_force_from_its_day_on_in_the_language_where_there_is_one() -> None:
    english, finnish = published("2026-12", TODAY + DAY), published("2026-12", TODAY + DAY, "fi")
    assert PolicyVersion.in_force(date(2019, 8, 31)) is None
    assert PolicyVersion.in_force(date(2019, 9, 1)) == seeded()
    assert PolicyVersion.in_force(TODAY, "fi") == seeded()
    assert PolicyVersion.in_force(TODAY + DAY, "fi") == finnish
    assert PolicyVersion.in_force(TODAY + DAY, "en") == english
    assert PolicyVersion.in_force(TODAY + DAY, "de") in (english, finnish)


def test_a_run_names_the_version_in_force_on_its_day() -> None:
    assert breaker.policy_version(TODAY) == seeded().version == f"{MARKETING_PERIODS[-1].valid_from:%Y-%m}"
    published("2026-12", TODAY + DAY)
    for on, version in ((TODAY, "2019-09"), (TODAY + DAY, "2026-12")):
        run = purge.begin(on, RunTrigger.COMMAND, Actor.command(), NOW, approve=True)
        assert run.policy_version == version
        purge.work(run, Actor.command(), NOW)


# Adding and correcting ------------------------------------------------------------------------------------------------


def test_an_officer_adds_a_version_in_the_languages_that_are_filled_in() -> None:
    client = officer()
    more = {"title_fi": "Tietosuoja", "text_fi": "Ensin.", "changes_fi": "Kohta 2."}
    assert client.post(ADD, entry(**more), follow=True).redirect_chain
    rows = {one.language: one for one in PolicyVersion.objects.filter(version="2026-11")}
    assert set(rows) == {"en", "fi"}
    assert (rows["fi"].title, rows["fi"].changes) == ("Tietosuoja", "Kohta 2.")
    for one in rows.values():
        assert (one.published_on, one.is_material) == (TODAY, True)
        assert one.places == ["https://www.f-secure.com", "https://portal.example"]
    text = text_of(client.get(list_of("consent.policyversion")))
    assert "in force" in text
    assert "replaced" in text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"published_on": "2026-11-22"}, "enter today or a later day"),
        ({"version": "2019-09"}, "There is a version of this name already"),
        ({"text_en": ""}, "Enter both the title and the text, or neither."),
        ({"title_en": "", "text_en": "", "changes_en": ""}, "Enter the text in at least one language."),
        ({"changes_en": ""}, "say in each language what changed"),
        ({"places": " "}, "This field is required."),
    ],
)
def test_what_is_wrong_with_a_version_is_said_and_nothing_is_stored(fields: dict[str, str], why: str) -> None:
    client = officer()
    assert why in text_of(client.post(ADD, entry(**fields)))
    assert PolicyVersion.objects.count() == 1
    assert client.post(ADD, entry()).status_code == 302


def test_only_the_first_version_may_be_noted_down_later() -> None:
    remove_evidence(PolicyVersion.objects.all())
    client = officer()
    assert client.post(ADD, entry(date(2018, 5, 25), version="2018-05")).status_code == 302
    assert "enter today or a later day" in text_of(client.post(ADD, entry(date(2019, 9, 1))))


def test_two_versions_are_never_published_on_one_day() -> None:
    client = officer()
    client.post(ADD, entry())
    assert "Another version was published on this day" in text_of(client.post(ADD, entry(version="2026-11b")))


def test_a_version_is_corrected_until_its_day_and_never_after() -> None:
    client = officer()
    client.post(ADD, entry(FAR))
    one = PolicyVersion.objects.get(version="2026-11")
    values = form_of(client.get(page_of(one)), "policyversion_form")
    assert (values["text_en"].split(), values["published_on"]) == (["First.", "Second."], str(FAR))
    changed = values | {"text_en": "Better.", "title_de": "Richtlinie", "text_de": "Erstens.", "changes_de": "Alles."}
    assert client.post(page_of(one), changed, follow=True).redirect_chain
    texts = dict(PolicyVersion.objects.filter(version="2026-11").values_list("language", "text"))
    assert texts == {"en": "Better.", "de": "Erstens."}
    with time_machine.travel(datetime.combine(FAR, NOW.timetz()), tick=False):
        again = break_glass()
        assert "Better." in text_of(again.get(page_of(one)))
        assert again.post(page_of(one), changed | {"text_en": "Too late."}).status_code == 403
    one.refresh_from_db()
    assert one.text == "Better."


def test_the_seeded_version_is_shown_whole_and_cannot_be_changed() -> None:
    client, one = break_glass(), seeded()
    text = text_of(client.get(page_of(one)))
    assert "ab dem Datum gültig, an dem das geänderte Richtliniendokument veröffentlicht wird" in text
    assert "https://www.f-secure.com" in text
    assert client.post(page_of(one), entry()).status_code == 403


@pytest.mark.parametrize("role", [PRIVACY_CLERK, AUDITOR])
def test_others_read_the_policy_and_add_nothing(role: str) -> None:
    client = signed_in(role)
    assert "Datenschutzrichtlinie" in text_of(client.get(page_of(seeded())))
    assert client.get(ADD).status_code == 403
    future = published("2026-12", TODAY + DAY)
    assert client.post(page_of(future), {"title": "x"}).status_code == 403


@pytest.mark.postgres
def test_the_database_refuses_to_change_a_version_in_force_and_not_one_to_come() -> None:
    future = published("2999-01", FAR)
    assert PolicyVersion.objects.filter(pk=future.pk).update(text="Better.") == 1
    for change in (
        lambda: PolicyVersion.objects.filter(version="2019-09").update(text="Other."),
        lambda: PolicyVersion.objects.filter(version="2019-09").delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert seeded().text.startswith("Datenschutzrichtlinie")
