"""The section "Rechtliche Grundlagen" of customers and partners, clause by clause."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from config.models import Actor
from consent import consents, objections
from consent.consents import Evidence
from consent.models.consents import ConsentState
from consent.models.purposes import Basis
from consent.permission import Bar, may_use
from contacts.models import Agreement, Collection, Contact, Source
from tests.consent.reasons import assessed, basis, draft, told, weigh_everything
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, TODAY, contact, customer

pytestmark = pytest.mark.django_db

HAND = Actor.command()


def colleague(**fields: Any) -> Contact:
    """Somebody at a customer, whose function is known, who can be called, and who has been informed."""
    known: dict[str, Any] = {
        "email": "anna@example.org",
        "phone": "+358401234567",
        "job_function": "Purchasing",
    } | fields
    one = contact(at=customer(), **known)
    told(one, at=NOW - 2 * DAY)
    return one


def consented(one: Contact, purpose: str = "marketing", channel: str = "phone") -> None:
    evidence = Evidence(method="form", by_subject=True, text="I agree.", language="en")
    consents.record(one.pk, purpose, channel, ConsentState.GIVEN, NOW - DAY, evidence=evidence, actor=HAND)


def withdrawn(one: Contact, purpose: str = "marketing", channel: str = "phone") -> None:
    assert consents.withdraw(one.pk, purpose, channel, NOW, method="link", actor=HAND)


class TestS44:
    """F‑Secure hat ein berechtigtes Interesse an der Verarbeitung personenbezogener Daten der Mitarbeiter seiner
    Kunden und Partner, um die Bereitstellung seiner kommerziellen Dienstleistungen für Unternehmenskunden und
    Partner zu ermöglichen und zu erleichtern.
    """  # noqa: D205  (the clause as published)

    def test_the_interest_in_serving_customers_is_weighed_apart_from_the_one_in_winning_them(self) -> None:
        one = colleague(in_marketing=False)
        assessed(basis("surveys", "marketing"))
        assert may_use(one.pk, "surveys", "phone", NOW).bars == (Bar.NO_GROUND,)
        assessed(basis("surveys", "customer"))
        assert may_use(one.pk, "surveys", "phone", NOW).allowed

    def test_it_covers_employees_of_customers_and_nobody_else(self) -> None:
        weigh_everything()
        assert may_use(colleague().pk, "orders", "email", NOW).allowed
        stranger = contact(email="otto@example.org")
        assert Bar.NOT_IN_REGISTER in may_use(stranger.pk, "orders", "email", NOW).bars


class TestS45:
    """Dies umfasst die Durchführung relevanter Vertriebs- und Marketingaktivitäten, wie sie gemäß den geltenden
    Gesetzen über verschiedene Formen der marketingbezogenen Kommunikation zulässig sind.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize(
        ("country", "ground"),
        [("FI", "work_address"), ("DE", None), ("AT", None), ("", None)],
    )
    def test_an_advert_by_email_follows_the_law_of_the_country(self, country: str, ground: str | None) -> None:
        weigh_everything()
        permission = may_use(colleague(country=country).pk, "know_how", "email", NOW)
        assert (permission.ground, permission.allowed) == (ground, ground is not None)

    @pytest.mark.parametrize("country", ["FI", "DE", ""])
    def test_with_consent_every_country_allows_it(self, country: str) -> None:
        one = colleague(country=country)
        consented(one, "know_how", "email")
        assert may_use(one.pk, "know_how", "email", NOW).allowed

    def test_an_own_customer_who_could_refuse_at_the_sale_gets_similar_offers_only(self) -> None:
        one = colleague(country="DE")
        source = Source.objects.create(code="shop", kind="sales", offers_opt_out=False)
        Collection.objects.create(contact=one, source=source, collected_on=TODAY, fields=["email"])
        assert may_use(one.pk, "offers", "email", NOW).bars == (Bar.NO_GROUND,)
        Source.objects.update(offers_opt_out=True)
        assert may_use(one.pk, "offers", "email", NOW).ground == "soft_opt_in"
        assert may_use(one.pk, "surveys", "email", NOW).bars == (Bar.NO_GROUND,)


class TestS46:
    """Soweit die Verarbeitung für eine Tätigkeit erforderlich ist, ist es notwendig, dass wir die erforderlichen Daten
    verarbeiten können.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize(
        "purpose", ["orders", "payments", "licence_certificates", "support", "accounts", "authorised_users"]
    )
    def test_what_an_activity_needs_goes_on_after_every_opt_out(self, purpose: str) -> None:
        weigh_everything()
        one = colleague()
        objections.to_marketing(one.pk, NOW - DAY, method="e-mail", actor=HAND)
        assert Bar.OBJECTED in may_use(one.pk, "offers", "email", NOW).bars
        assert may_use(one.pk, purpose, "email", NOW).allowed


class TestS47:
    """Dies ist z. B. dann der Fall, wenn wir mit den Vertretern unserer Partner und Kunden effektiv kommunizieren, die
    vereinbarten Leistungen bereitstellen und abrechnen, auf eine Anforderung oder Supportanfrage reagieren oder
    Ihre Teilnahme an unserem Betaprogramm für Unternehmenskunden ermöglichen müssen.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("purpose", ["requested_services", "orders", "payments", "support"])
    def test_communication_services_invoices_and_support_need_no_consent_and_no_notice_first(
        self, purpose: str
    ) -> None:
        weigh_everything()
        one = contact(at=customer(), email="new@example.org", country="DE")
        assert may_use(one.pk, purpose, "email", NOW).allowed
        assert Bar.NOTICE_OWED in may_use(one.pk, "offers", "email", NOW).bars


class TestS48:
    """Dies ist z. B. dann der Fall, wenn wir mit den Vertretern unserer Partner und Kunden effektiv kommunizieren, die
    vereinbarten Leistungen bereitstellen und abrechnen, auf eine Anforderung oder Supportanfrage reagieren oder
    Ihre Teilnahme an unserem Betaprogramm für Unternehmenskunden ermöglichen müssen.
    """  # noqa: D205  (the clause as published)

    def test_the_beta_programme_rests_on_the_agreement_with_the_person(self) -> None:
        one = colleague()
        assert not may_use(one.pk, "beta_programme", "email", NOW).allowed  # the licence is the employer's
        firm = one.affiliations.get().organisation
        Agreement.objects.create(organisation=firm, party="customer", kind="beta", starts_on=date(2026, 1, 1))
        permission = may_use(one.pk, "beta_programme", "email", NOW)
        assert (permission.allowed, permission.ground) == (True, "contract")


class TestS49:
    """Wenn das berechtigte Interesse in Bezug auf eine Art der Datenverarbeitung nicht angemessen oder nicht anwendbar
    ist, holen wir Ihre ausdrückliche Einwilligung ein.
    """  # noqa: D205  (the clause as published)

    def test_without_an_assessment_in_force_only_consent_permits(self) -> None:
        one = colleague()
        draft(basis("marketing", "customer"))
        assert may_use(one.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)
        consented(one)
        assert may_use(one.pk, "marketing", "phone", NOW).allowed

    def test_past_its_review_an_assessment_permits_nothing_any_more(self) -> None:
        one = colleague()
        assessed(basis("marketing", "customer"), NOW - 9 * DAY, review_on=TODAY)
        assert may_use(one.pk, "marketing", "phone", NOW).allowed
        assert may_use(one.pk, "marketing", "phone", NOW + DAY).bars == (Bar.NO_GROUND,)


class TestS50:
    """So ist beispielsweise die Einwilligung die rechtliche Grundlage für die Verarbeitung von Daten, die wir von
    Ihnen bei dem Besuch unserer Websites erfassen.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("register", ["marketing", "customer"])
    def test_visits_rest_on_consent_and_on_nothing_else(self, register: str) -> None:
        assert basis("website_activity", register).basis == Basis.CONSENT
        weigh_everything()
        one = colleague()
        assert may_use(one.pk, "marketing", "phone", NOW).allowed
        assert may_use(one.pk, "website_activity", "", NOW).bars == (Bar.NO_GROUND,)

    def test_no_other_ground_can_be_entered(self) -> None:
        ground = basis("website_activity")
        for other in set(Basis) - {Basis.CONSENT}:
            ground.basis = other
            with pytest.raises(ValidationError, match="by consent only"):
                ground.full_clean()
        ground.basis = Basis.CONSENT
        ground.full_clean()


class TestS51:
    """Sofern unsere Verarbeitung auf der Grundlage Ihrer Einwilligung geschieht, können Sie Ihre Einwilligung
    jederzeit widerrufen.
    """  # noqa: D205  (the clause as published)

    def test_a_withdrawal_ends_the_permission_at_once(self) -> None:
        one = colleague()
        consented(one)
        assert may_use(one.pk, "marketing", "phone", NOW - timedelta(seconds=1)).allowed
        withdrawn(one)
        assert may_use(one.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)

    def test_it_is_for_the_purpose_and_channel_the_person_names(self) -> None:
        one = colleague()
        consented(one)
        consented(one, "know_how")
        withdrawn(one)
        assert may_use(one.pk, "know_how", "phone", NOW).allowed

    def test_a_withdrawal_of_the_same_moment_wins(self) -> None:
        one = colleague()
        evidence = Evidence(method="form", by_subject=True, text="I agree.", language="en")
        for state in (ConsentState.WITHDRAWN, ConsentState.GIVEN):
            consents.record(one.pk, "marketing", "phone", state, NOW, evidence=evidence, actor=HAND)
        assert may_use(one.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)


@pytest.mark.parametrize("clause", [TestS44, TestS45, TestS46, TestS47, TestS48, TestS49, TestS50, TestS51])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
