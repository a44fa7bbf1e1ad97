"""The clauses on local companies and on who has access, as far as roles keep them (S64, S65, S101-S103)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission

from config import roles
from config.models import AuditEvent, User
from config.policy.controls import State
from config.promises import access_is_by_role
from config.roles import create_roles
from consent.promises.sales import sales_see_their_own
from contacts import visibility
from contacts.models import Contact
from contacts.promises.records import contacts_have_a_company, reveals_are_few
from contacts.revealing import ALARM
from contacts.visibility import visible_to
from tests.policy.quotes import assert_quotes_its_clause
from tests.sellers import company, restricted, seller
from tests.staff import DAY, NOW, contact

pytestmark = pytest.mark.django_db


class TestS64:
    """Personenbezogene Daten werden hauptsächlich von der lokalen Niederlassung von F‑Secure verarbeitet, mit der Sie
    in der Regel interagieren.
    """  # noqa: D205  (the clause as published)

    def test_contacts_belong_to_the_company_of_their_country_until_one_has_none(self) -> None:
        local = company("Oy", "FI", serves="EE")
        for country in ("FI", "EE"):
            contact(country=country)
        assert contacts_have_a_company(NOW).state is State.KEPT
        lost = contact("Ghost", country="JP")
        verdict = contacts_have_a_company(NOW)
        assert (verdict.state, verdict.evidence[:6]) == (State.AT_RISK, "1 of 3")
        Contact.objects.filter(pk=lost.pk).update(subsidiary=local)
        assert contacts_have_a_company(NOW).state is State.KEPT
        Contact.objects.update(subsidiary=None, country="JP")
        assert contacts_have_a_company(NOW).state is State.BROKEN


class TestS65:
    """Neben der lokalen Verarbeitung ist der häufigste Grund für den Informationsaustausch zwischen verschiedenen
    F‑Secure-Niederlassungen, dass wir Ihnen einen effizienten Service bieten und unsere wechselseitige Beziehung
    verwalten können.
    """  # noqa: D205  (the clause as published)

    def test_sales_see_another_company_only_where_an_officer_opened_the_region(self) -> None:
        finland, sweden = company("Oy", "FI", "Nordics"), company("AB", "SE", "Nordics")
        contact("Finn", subsidiary=finland), contact("Sven", subsidiary=sweden)
        account = seller(finland)
        assert [one.first_name for one in visible_to(account, NOW)] == ["Finn"]
        account.sees = "region"
        assert {one.first_name for one in visible_to(account, NOW)} == {"Finn", "Sven"}

    def test_the_control_turns_red_when_an_account_in_sales_sees_more(self) -> None:
        account = seller(company("Oy", "FI"))
        contact("Gerd", subsidiary=company("GmbH", "DE"))
        assert sales_see_their_own(NOW).state is State.KEPT
        account.groups.add(Group.objects.get(name=roles.PRIVACY_CLERK))
        verdict = sales_see_their_own(NOW)
        assert (verdict.state, "1 of them" in verdict.evidence) == (State.BROKEN, True)

    def test_the_control_turns_red_when_somebody_restricted_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seller(company("Oy", "FI"))
        restricted(contact("Hilla", country="FI"))
        assert sales_see_their_own(NOW).state is State.KEPT
        monkeypatch.setattr(visibility, "_HIDING", [])
        assert sales_see_their_own(NOW).state is State.BROKEN

    def test_an_account_of_no_company_is_at_risk_and_a_closed_one_does_not_count(self) -> None:
        account = seller(None)
        assert sales_see_their_own(NOW).state is State.AT_RISK
        User.objects.filter(pk=account.pk).update(is_active=False)
        assert sales_see_their_own(NOW).state is State.KEPT


def access() -> State:
    return access_is_by_role(NOW).state


class TestS101:
    """Bei der Übertragung, Speicherung oder Verarbeitung Ihrer persönlichen Daten richten wir uns nach strengen
    Sicherheitsmaßgaben, um die Vertraulichkeit, Integrität und Verfügbarkeit dieser Daten zu wahren.
    """  # noqa: D205  (the clause as published)

    def test_without_the_roles_nothing_says_who_may_do_what(self) -> None:
        assert access() is State.BROKEN
        create_roles()
        assert access() is State.KEPT


class TestS102:
    """Wir richten uns nach physischen, administrativen und technischen Sicherheitsmaßgaben, um das Risiko von Verlust,
    Missbrauch, unberechtigtem Zugriff, Offenlegung oder Modifizierung Ihrer persönlichen Daten zu verringern.
    """  # noqa: D205  (the clause as published)

    def test_a_permission_added_or_taken_away_turns_the_control_red(self) -> None:
        create_roles()
        sales = Group.objects.get(name=roles.SALES)
        delete = Permission.objects.get(codename="delete_contact")
        sales.permissions.add(delete)
        verdict = access_is_by_role(NOW)
        assert (verdict.state, "sales" in verdict.evidence) == (State.BROKEN, True)
        sales.permissions.remove(delete)
        assert access() is State.KEPT
        sales.permissions.remove(Permission.objects.get(codename="view_contact"))
        assert access() is State.BROKEN

    def test_a_group_that_is_no_role_turns_the_control_red(self) -> None:
        create_roles()
        Group.objects.create(name="friends").permissions.add(Permission.objects.get(codename="view_contact"))
        assert access() is State.BROKEN


class TestS103:
    """Alle personenbezogenen Daten werden auf sicheren Servern gespeichert, die von F‑Secure oder unseren Partnern
    betrieben werden und deren Zugriff auf autorisiertes Personal beschränkt ist.
    """  # noqa: D205  (the clause as published)

    def test_breaking_the_glass_is_seen_for_thirty_days(self) -> None:
        create_roles()
        account = User.objects.create_superuser("break-glass", last_login=NOW - timedelta(days=29))
        assert access() is State.AT_RISK
        account.last_login = NOW - timedelta(days=30)
        account.save()
        assert access() is State.KEPT

    def test_many_reveals_are_seen_for_a_week(self) -> None:
        assert reveals_are_few(NOW).state is State.KEPT
        for ago, state in ((8 * DAY, State.KEPT), (6 * DAY, State.AT_RISK)):
            AuditEvent.objects.create(at=NOW - ago, actor_kind="task", action=ALARM, model="config.User")
            assert reveals_are_few(NOW).state is state


@pytest.mark.parametrize("clause", [TestS64, TestS65, TestS101, TestS102, TestS103])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
