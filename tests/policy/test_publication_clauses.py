"""The section about changes of the policy itself, clause by clause."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail

from config.models import Actor
from config.policy.clauses import CLAUSES
from config.policy.controls import State
from consent import notices, notifications
from consent.models import Notice, PolicyVersion
from consent.promises.publication import clauses_are_in_force, published_where_it_stood
from tests.consent.reasons import published, seeded, told
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, TODAY, contact

pytestmark = pytest.mark.django_db

HAND = Actor.command()


class TestS165:
    """Diese Version der Richtlinie präzisiert, aktualisiert und ersetzt die vorherige Version."""

    def test_one_version_is_in_force_and_the_one_before_stays_on_record(self) -> None:
        before = seeded()
        assert PolicyVersion.in_force(TODAY) == before
        after = published("2026-11", TODAY)
        assert PolicyVersion.in_force(TODAY) == after
        assert PolicyVersion.in_force(TODAY - DAY) == before


class TestS166:
    """Um dieses Dokument immer auf dem neuesten Stand zu halten, werden wir es auch in Zukunft von Zeit zu Zeit ändern
    und ergänzen.
    """  # noqa: D205  (the clause as published)

    def test_the_program_notices_when_the_text_moves_on_without_it(self) -> None:
        assert clauses_are_in_force(NOW).state is State.KEPT
        published("2026-11", TODAY, "de", text=seeded().text.replace("fünf Jahre", "drei Jahre"))
        verdict = clauses_are_in_force(NOW)
        assert (verdict.state, "S97" in verdict.evidence) == (State.AT_RISK, True)
        assert len(CLAUSES) > 100


class TestS167:
    """Wir veröffentlichen Änderungen am Richtliniendokument auf unserer Website oder auf jedem Interaktionspunkt, auf
    dem sie zuvor zur Verfügung gestellt wurde.
    """  # noqa: D205  (the clause as published)

    def test_a_change_is_published_at_every_place_where_the_policy_stood(self) -> None:
        assert seeded().places
        published("2026-11", TODAY, places=["https://elsewhere.example"])
        assert published_where_it_stood(NOW).state is State.BROKEN
        published("2026-12", TODAY + DAY, places=["https://elsewhere.example", "https://portal.example"])
        assert published_where_it_stood(NOW + DAY).state is State.KEPT


class TestS168:
    """Wenn es sich um bedeutende Änderungen handelt, benachrichtigen wir Sie gegebenenfalls auch anderweitig."""

    def test_everybody_who_knew_the_old_policy_is_told_of_a_material_change(self) -> None:
        one, other = contact(email="anna@example.org"), contact("Otto", email="otto@example.org")
        told(one, at=NOW - 99 * DAY)
        change = published("2026-11", TODAY)
        notifications.work(notifications.begin("2026-11", HAND, NOW), lambda: NOW)
        assert [message.to for message in mail.outbox] == [["anna@example.org"]]
        assert Notice.objects.get(kind="change").policy == change
        assert not other.notices.exists(), "owes a first notice, which is of the new version"

    def test_nobody_is_told_of_a_small_one(self) -> None:
        told(contact(email="anna@example.org"), at=NOW - 99 * DAY)
        published("2026-11", TODAY, is_material=False)
        with pytest.raises(ValueError, match="no material change"):
            notifications.begin("2026-11", HAND, NOW)


class TestS169:
    """Jegliche Änderungen sind ab dem Datum gültig, an dem das geänderte Richtliniendokument veröffentlicht wird."""

    def test_a_version_counts_from_the_day_of_its_publication(self) -> None:
        published("2026-12", TODAY + DAY)
        for day, version in ((date(2019, 9, 1), "2019-09"), (TODAY, "2019-09"), (TODAY + DAY, "2026-12")):
            assert str(PolicyVersion.in_force(day)).startswith(version)

    def test_a_notice_names_the_version_of_the_day_it_was_given(self) -> None:
        first, second = contact(), contact("Otto")
        published("2026-11", TODAY)
        notices.record(notices.owed().filter(pk=first.pk), TODAY - DAY, method="letter", actor=HAND, at=NOW)
        notices.record(notices.owed().filter(pk=second.pk), TODAY, method="letter", actor=HAND, at=NOW)
        assert [row.policy.version for row in Notice.objects.order_by("pk")] == ["2019-09", "2026-11"]


@pytest.mark.parametrize("clause", [TestS165, TestS166, TestS167, TestS168, TestS169])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
