"""The section on security and the definitions of personal data, clause by clause."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.db import connection
from pytest_django import Settings

from config import roles
from config.models import User
from config.policy.controls import State
from config.promises import looks_are_noted, sign_in_takes_two
from consent.breaches import handling
from consent.models import Breach
from consent.processing.dictionary import dictionary
from consent.promises.breaches import breaches_are_handled, every_column_is_known
from tests.consent.test_breaches import HAND, HOUR
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import NOW, at_work, contact, officer, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


class TestS102:
    """Wir richten uns nach physischen, administrativen und technischen Sicherheitsmaßgaben, um das Risiko von Verlust,
    Missbrauch, unberechtigtem Zugriff, Offenlegung oder Modifizierung Ihrer persönlichen Daten zu verringern.
    """  # noqa: D205  (the clause as published)

    def test_it_is_kept_without_a_breach_at_risk_with_a_day_left_and_broken_when_the_time_is_over(self) -> None:
        assert breaches_are_handled(NOW).state is State.KEPT
        one = Breach.objects.create(title="a list went astray", aware_at=NOW - 72 * HOUR, risk="risk")
        assert breaches_are_handled(NOW - 24 * HOUR).state is State.KEPT
        assert breaches_are_handled(NOW - 23 * HOUR).state is State.AT_RISK
        assert breaches_are_handled(NOW).state is State.AT_RISK
        assert breaches_are_handled(NOW + HOUR).state is State.BROKEN
        handling.decide_about_authority(one, True, "names", **HAND)
        handling.notified(one, NOW, "number 1", "", **HAND)
        assert breaches_are_handled(NOW + HOUR).state is State.KEPT

    def test_it_is_at_risk_while_people_at_a_high_risk_have_not_been_told(self) -> None:
        known = {"notify_authority": True, "notified_at": NOW, "risk": "high"}
        one = Breach.objects.create(title="a list went astray", aware_at=NOW - HOUR, **known)
        assert breaches_are_handled(NOW).state is State.AT_RISK
        handling.decide_about_people(one, True, "", "names", **HAND)
        handling.add_people(one, [contact().pk], "the list", **HAND)
        assert breaches_are_handled(NOW).state is State.AT_RISK
        handling.told(one, NOW, **HAND)
        assert breaches_are_handled(NOW).state is State.KEPT


class TestS103:
    """Alle personenbezogenen Daten werden auf sicheren Servern gespeichert, die von F‑Secure oder unseren Partnern
    betrieben werden und deren Zugriff auf autorisiertes Personal beschränkt ist.
    """  # noqa: D205  (the clause as published)

    def test_it_is_kept_while_every_account_has_a_role_and_every_look_is_noted(self) -> None:
        officer().get(page_of(contact()))
        verdict = looks_are_noted(NOW)
        assert verdict.state is State.KEPT
        assert verdict.evidence.startswith("1 look-ups in 30 days are noted; 0 of 1 accounts")

    def test_it_is_at_risk_while_somebody_without_a_role_can_sign_in(self) -> None:
        stranger = User.objects.create_user("stranger", is_staff=True)
        assert looks_are_noted(NOW).state is State.AT_RISK
        roles.create_roles()
        stranger.groups.add(Group.objects.get(name=roles.AUDITOR))
        assert looks_are_noted(NOW).state is State.KEPT

    def test_it_is_broken_when_pages_leave_without_the_read_log(self, settings: Settings) -> None:
        settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "read_log" not in one]
        assert looks_are_noted(NOW).state is State.BROKEN

    def test_it_is_at_risk_where_a_password_is_enough_and_broken_without_the_gate(self, settings: Settings) -> None:
        for name in ("with", "without", "at-the-provider"):
            User.objects.create_user(name, is_staff=True)
        Authenticator.objects.create(user=User.objects.get(username="with"), type="totp", data={"secret": "x"})
        SocialAccount.objects.create(user=User.objects.get(username="at-the-provider"), provider="sso", uid="1")
        verdict = sign_in_takes_two(NOW)
        assert verdict.state is State.KEPT
        assert verdict.evidence.startswith("1 of 3 accounts of staff have no second factor yet")
        settings.REQUIRE_MFA = False
        assert sign_in_takes_two(NOW).state is State.AT_RISK
        settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "sign_in" not in one]
        assert sign_in_takes_two(NOW).state is State.BROKEN


@pytest.mark.parametrize("clause", ["S158", "S159", "S160", "S161"])
class TestS158ToS161:
    """What personal data is: the dictionary marks every field, and the database has no other."""

    def test_it_is_kept_and_turns_red_when_the_database_has_a_column_that_nobody_declared(self, clause: str) -> None:
        verdict = every_column_is_known(NOW)
        assert verdict.state is State.KEPT
        assert str(len(dictionary().rows)) in verdict.evidence
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE contacts_source ADD COLUMN shoe_size integer")
        try:
            verdict = every_column_is_known(NOW)
            assert (verdict.state, "contacts_source.shoe_size" in verdict.evidence) == (State.BROKEN, True)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE contacts_source DROP COLUMN shoe_size")


@pytest.mark.parametrize("case", [TestS102, TestS103], ids=lambda case: case.__name__)
def test_each_case_quotes_its_clause(case: Any) -> None:
    assert_quotes_its_clause(case)
