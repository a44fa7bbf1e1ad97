"""The section about other disclosures, clause by clause."""

from __future__ import annotations

from typing import Any

import pytest

from config import roles
from config.models import Actor
from consent import exceptions, sharing
from consent.disclosure import Bar
from consent.models import ExceptionalDisclosure
from contacts.models import Contact
from tests.consent.disclosure_cast import NAMES, bars, buyer, by_exception, exception, proposal, recipient
from tests.consent.permission_cast import restricts
from tests.consent.reasons import published, told
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, TODAY, account

pytestmark = pytest.mark.django_db

HAND = Actor.command()


def draft(*people: Contact, **fields: Any) -> ExceptionalDisclosure:
    """A case that a clerk wrote."""
    return exception(recipient("authority"), *people, **{"approved_at": None} | fields)


def sale(**fields: Any) -> ExceptionalDisclosure:
    """A sale of the business, announced yesterday."""
    known = {"ground": "transaction", "register": "customer", "announced_in": published("2026-11", TODAY - DAY)}
    return exception(recipient("acquirer"), **known | fields)


class TestS83:
    """Es kann Fälle geben, die nicht durch diese Datenschutzrichtlinie abgedeckt sind, und in denen die Verwendung
    oder Offenlegung von persönlichen Daten gerechtfertigt oder zulässig sein kann oder in denen wir durch geltende
    Gesetze verpflichtet sind, die Informationen offenzulegen, ohne Ihre Zustimmung einzuholen oder unabhängig von
    der Servicebereitstellung.
    """  # noqa: D205  (the clause as published)

    def test_the_law_may_ask_beside_the_catalogue_but_only_through_an_exception(self) -> None:
        one, court = buyer(), recipient("authority")
        assert bars(one, proposal(court)) == {Bar.EXCEPTION_ONLY}
        assert bars(one, by_exception(exception(court, one))) == set()


class TestS84:
    """Beispiele sind das Befolgen eines Gerichtsbeschlusses oder einer von den zuständigen Behörden erlassenen
    Anordnung, um die Herausgabe von Daten zu erzwingen.
    """  # noqa: D205  (the clause as published)

    def test_an_order_is_followed_also_for_restricted_data(self) -> None:
        one = buyer()
        restricts(one)
        for ground in ("court_order", "authority"):
            assert bars(one, by_exception(exception(recipient("authority"), one, ground=ground))) == set()


class TestS85:
    """Ebenso kann es andere Umstände geben, bei denen ein begründetes und rechtmäßiges Interesse daran besteht,
    begrenzte Mengen von Informationen an Dritte weiterzugeben.
    """  # noqa: D205  (the clause as published)

    def test_only_the_fields_and_people_that_are_named(self) -> None:
        one, other = buyer(), buyer()
        case = exception(recipient("insurer"), one, ground="fraud")
        assert bars(one, by_exception(case, NAMES[:1])) == set()
        assert bars(one, by_exception(case, (*NAMES, "phone"))) == {Bar.OUT_OF_SCOPE}
        assert bars(other, by_exception(case)) == {Bar.OUT_OF_SCOPE}


class TestS86:
    """Beispiele für solche Offenlegungen sind Fälle, in denen wir uns vor Haftungsrisiken schützen oder betrügerische
    Aktivitäten verhindern müssen, in denen dies notwendig ist, um ein anhaltendes Problem zu beheben oder
    einzudämmen, oder in denen wir der rechtmäßigen Informationspflicht gegenüber unsereren Versicherern oder
    staatlichen Aufsichtsbehörden nachkommen müssen.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("ground", ["liability", "fraud", "incident", "insurer", "authority"])
    def test_each_of_these_grounds_is_one(self, ground: str) -> None:
        one = buyer()
        assert bars(one, by_exception(exception(recipient("insurer"), one, ground=ground))) == set()


class TestS88:
    """Möglicherweise müssen wir Ihre personenbezogenen Daten auch im Rahmen einer Unternehmenstransaktion weitergeben,
    wie z. B. bei einem Verkauf, einer Fusion, einer Ausgliederung oder einer anderen Unternehmensreorganisation von
    F‑Secure.
    """  # noqa: D205  (the clause as published)

    def test_a_sale_is_one_act_over_a_register(self) -> None:
        one, other, case = buyer(), buyer(), sale()
        for person in (one, other):
            told(person, case.announced_in)
        batch, file = sharing.share(by_exception(case), Contact.objects.all(), NOW, title=case.title, actor=HAND)
        file.close()
        assert set(batch.rows.values_list("contact", flat=True)) == {one.pk, other.pk}


class TestS89:
    """Möglicherweise müssen wir Ihre personenbezogenen Daten auch im Rahmen einer Unternehmenstransaktion weitergeben,
    wie z. B. bei einem Verkauf, einer Fusion, einer Ausgliederung oder einer anderen Unternehmensreorganisation von
    F‑Secure.
    """  # noqa: D205  (the clause as published)

    def test_only_the_register_and_country_that_are_sold(self) -> None:
        one, case = buyer(country="SE"), sale(country="FI")
        told(one, case.announced_in)
        assert bars(one, by_exception(case)) == {Bar.OUT_OF_SCOPE}


class TestS90:
    """In diesem Fall werden die Informationen im Rahmen des normalen Geschäftsbetriebs an die neue Kontrollinstanz
    übergeben.
    """  # noqa: D205  (the clause as published)

    def test_people_are_told_before(self) -> None:
        one, case = buyer(), sale()
        assert bars(one, by_exception(case)) == {Bar.NOTICE_OWED}
        told(one, case.announced_in)
        assert bars(one, by_exception(case)) == set()


class TestS93:
    """Wir wägen jede Offenlegungspflicht sorgfältig ab und ziehen die Möglichkeit solcher Offenlegungsanfragen in
    Betracht, wenn wir darüber entscheiden, wo und wie wir Ihre personenbezogene Daten speichern.
    """  # noqa: D205  (the clause as published)

    def test_it_is_weighed_in_writing_and_approved_by_somebody_else(self) -> None:
        one, officer = buyer(), account(roles.PRIVACY_OFFICER)
        clerk = account(roles.PRIVACY_CLERK)
        case = draft(one, written_by=clerk.pk)
        assert bars(one, by_exception(case)) == {Bar.NOT_APPROVED}
        approved = exceptions.approve(case, Actor.person(officer), NOW)
        assert approved.approved_by == officer.pk
        assert bars(one, by_exception(approved)) == set()

    def test_not_without_an_assessment_a_field_and_a_contact(self) -> None:
        one, officer = buyer(), Actor.person(account(roles.PRIVACY_OFFICER))
        for case in (draft(one, assessment=" "), draft(one, fields=[]), draft(), draft(one, until_on=TODAY - DAY)):
            with pytest.raises(ValueError, match=r"."):
                exceptions.approve(case, officer, NOW)

    def test_not_by_its_writer_while_another_officer_is_there(self) -> None:
        one, officer = buyer(), account(roles.PRIVACY_OFFICER)
        case = draft(one, written_by=officer.pk)
        other = type(officer).objects.create_user("other")
        other.groups.set(officer.groups.all())
        with pytest.raises(ValueError, match="Another privacy officer"):
            exceptions.approve(case, Actor.person(officer), NOW)
        assert exceptions.approve(case, Actor.person(other), NOW).approved_at == NOW

    def test_once_approved_nobody_widens_it(self) -> None:
        one, case = buyer(), exception(recipient("authority"), buyer())
        with pytest.raises(ValueError, match="approved already"):
            exceptions.set_scope(case, [one.pk], NOW)
        with pytest.raises(ValueError, match="approved already"):
            exceptions.approve(case, HAND, NOW)


@pytest.mark.parametrize("clause", [TestS83, TestS84, TestS85, TestS86, TestS88, TestS89, TestS90, TestS93])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
