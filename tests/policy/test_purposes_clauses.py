"""The section "Für welche Zwecke wir sie verwenden" of people we would like to sell to, clause by clause."""

from __future__ import annotations

from typing import Any

import pytest

from consent.models import Purpose
from consent.permission import Bar, Permission, may_use
from contacts.models import Affiliation, Collection, Contact
from tests.consent.reasons import basis, collected, told, weigh_everything
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, TODAY, contact, customer

pytestmark = pytest.mark.django_db

S19 = ("service_information", "surveys", "marketing", "personalised_marketing", "know_how")


def decision_maker(**fields: Any) -> Contact:
    """Somebody whose function is known, who can be called, and who has been informed."""
    known: dict[str, Any] = {
        "email": "anna@example.org",
        "phone": "+358401234567",
        "job_function": "Purchasing",
    } | fields
    one = contact(**known)
    told(one)
    return one


def asked(one: Contact, purpose: str, channel: str = "phone") -> Permission:
    return may_use(one.pk, purpose, channel, NOW)


class TestS19:
    """Wir erfassen und verarbeiten die Daten, damit wir Ihnen auf der Grundlage Ihrer Position in Ihrer Organisation
    Informationen zu den Services zusenden, Kundenumfragen und Wettbewerbe durchführen, Werbung und Marketing für
    unsere Services (sowohl personalisiert als auch allgemein) betreiben sowie ferner Informationen und Know-how
    über Cybersicherheit und unsere Services weitergeben können.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("purpose", S19)
    def test_each_purpose_of_the_sentence_is_pursued_by_position_and_only_by_it(self, purpose: str) -> None:
        weigh_everything()
        assert asked(decision_maker(), purpose).allowed
        unknown = decision_maker(email="otto@example.org", job_function="")
        assert asked(unknown, purpose).bars == (Bar.NO_GROUND,)

    @pytest.mark.parametrize("purpose", S19)
    def test_each_is_direct_marketing_which_an_objection_ends(self, purpose: str) -> None:
        assert Purpose.objects.get(code=purpose, clause="S19").is_marketing

    def test_a_purpose_nobody_published_is_pursued_with_nobody(self) -> None:
        weigh_everything()
        one = decision_maker()
        assert asked(one, "marketing").allowed
        assert Bar.INACTIVE in asked(one, "credit_rating").bars


class TestS20:
    """Wir nutzen die erfassten Daten zudem in der Marktforschung sowie der Entwicklung von Produkten, Services und
    Geschäftsangeboten.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("purpose", ["market_research", "development"])
    def test_research_and_development_use_the_data_and_reach_nobody(self, purpose: str) -> None:
        weigh_everything()
        assert asked(decision_maker(), purpose, "").allowed
        one = Purpose.objects.get(code=purpose, clause="S20")
        assert one.channels == []
        assert set(one.categories) == {"work", "organisation"}, "no name and no address"


class TestS21:
    """Sollten Sie oder die Organisation, die Sie vertreten, unser Kunde werden, führen wir die im Vorfeld des Verkaufs
    gesammelten Daten für Sie zusammen, wenn Ihre Organisation unser Kunde wird.
    """  # noqa: D205  (the clause as published)

    def test_what_was_collected_before_the_sale_stays_with_the_person_who_becomes_a_customer(self) -> None:
        one = decision_maker(collected_on=TODAY - 99 * DAY)
        collected(one, by_subject=True, code="fair", on=TODAY - 99 * DAY)
        Affiliation.objects.create(contact=one, organisation=customer())
        collected(one, by_subject=False, code="orders")
        assert Contact.objects.count() == 1
        assert set(Collection.objects.filter(contact=one).values_list("source__code", flat=True)) == {"fair", "orders"}


class TestS22:
    """In diesen Fällen verwenden wir sie gemäß denselben Praktiken, die wir auch bei den Vertretern unserer
    Unternehmenskunden und Partner anwenden.
    """  # noqa: D205  (the clause as published)

    def test_whoever_becomes_a_customer_is_served_as_customers_are(self) -> None:
        weigh_everything()
        one = decision_maker()
        assert asked(one, "orders").bars[:1] == (Bar.NOT_IN_REGISTER,)
        Affiliation.objects.create(contact=one, organisation=customer())
        assert asked(one, "orders").allowed
        assert asked(one, "marketing").allowed

    def test_every_purpose_for_prospects_has_the_same_ground_for_customers(self) -> None:
        purposes = Purpose.objects.filter(bases__register="marketing")
        assert purposes.count() > 8
        for one in purposes:
            assert basis(one.code, "customer").basis == basis(one.code).basis


@pytest.mark.parametrize("clause", [TestS19, TestS20, TestS21, TestS22])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
