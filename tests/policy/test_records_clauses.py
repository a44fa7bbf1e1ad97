"""Where records come from and when they are brought together (S16, S17, S21, S36-S42, S76-S79), clause by clause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from config.models import Actor
from config.policy.controls import State
from consent import notices
from consent.models import ImportBatch, Objection
from consent.promises.informing import customers_hear_of_partners
from contacts import conversions, duplicates
from contacts.merging import merge
from contacts.models import (
    Affiliation,
    Agreement,
    Collection,
    Contact,
    Conversion,
    DuplicatePair,
    FactSource,
    Organisation,
    Source,
)
from contacts.promises.merging import channels_are_brought_together, conversions_are_recorded, merged_stay_merged
from contacts.promises.suppliers import (
    company_facts_stay_apart,
    origins_are_known,
    others_give_what_is_listed,
    suppliers_are_licensed,
)
from retention.models import DueDate
from tests.consent.conftest import bring, bring_agreements, person, the
from tests.consent.reasons import told
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, TODAY, contact, customer

pytestmark = pytest.mark.django_db
ACTOR = Actor.command()


@pytest.fixture(autouse=True)
def _the_day_is_fixed() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def supplier(**fields: Any) -> Source:
    """A bought list with a licence for the year."""
    known: dict[str, Any] = {
        "code": "list",
        "kind": "third_party",
        "supplier": "Example Data Ltd",
        "origin": "public",
        "licence": "Order 17",
        "licence_from_on": date(2026, 1, 1),
        "licence_until_on": date(2026, 12, 31),
    }
    return Source.objects.create(**(known | fields))


class TestS16:
    """Wenn Sie von einem Dritten als Entscheidungsträger oder Beeinflusser identifiziert oder als solcher in
    öffentlichen Quellen aufgeführt wurden, erhalten wir in der Regel die folgenden Informationen über Sie und die von
    Ihnen vertretene Organisation: Name des Unternehmens, Titel, Name, Funktion, Sprache, E-Mail, Postleitzahl, Stadt
    und Staat, Land, Telefonnummer, Branche, Umsatz und Größe des Unternehmens.
    """  # noqa: D205  (the clause as published)

    BEYOND = {"street": "Street 1", "topics": "backup", "linkedin_url": "https://linkedin.example/in/a"}

    @pytest.mark.parametrize("kind", ["third_party", "public"])
    def test_what_the_sentence_does_not_list_is_not_stored_and_the_report_says_so(self, kind: str) -> None:
        supplier(kind=kind)
        row = person(source="list", city="Oulu", industry="Energy", organisation="Acme Oy", **self.BEYOND)
        (outcome,) = bring([row]).outcomes
        assert str(outcome.decision) == "created"
        for label in ("street", "topics of interest", "LinkedIn"):
            assert label in outcome.reason
        one = the()
        assert (one.street, one.topics, one.linkedin_url, one.city) == ("", [], "", "Oulu")
        assert not set(self.BEYOND) & set(one.collections.get().fields)

    def test_a_list_is_neither_the_persons_own_word_nor_a_consent(self) -> None:
        supplier()
        says = {"consent_email": "yes", "consent_text": "Yes.", "consent_at": "2026-01-01T10:00:00Z"}
        bring([person(source="list", supplied_by_subject="yes", **says)])
        assert not the().collections.get().supplied_by_subject
        assert not the().consents.exists()

    def test_of_whom_gave_it_themselves_everything_is_stored(self) -> None:
        Source.objects.create(code="list", kind="form")
        (outcome,) = bring([person(source="list", **self.BEYOND)]).outcomes
        assert (outcome.reason, the().street, the().topics) == ("", "Street 1", ["backup"])

    def test_the_control_turns_when_more_is_found(self) -> None:
        source = supplier()
        bring([person(source="list")])
        assert others_give_what_is_listed(NOW).state is State.KEPT
        Collection.objects.create(contact=the(), source=source, collected_on=TODAY, fields=["street"])
        assert others_give_what_is_listed(NOW).state is State.AT_RISK


class TestS17:
    """Wir können solche Daten mit allgemeinen Daten über Ihre Organisation abgleichen."""

    def test_facts_of_a_company_have_their_source_and_stay_apart_from_the_person(self) -> None:
        supplier()
        bring(
            [person(source="list", organisation="Acme Oy", industry="Energy", revenue="2 m", collected_on="2026-05-05")]
        )
        fact = FactSource.objects.get()
        assert (fact.source.code, fact.collected_on, sorted(fact.fields)) == (
            "list",
            date(2026, 5, 5),
            ["industry", "revenue"],
        )
        assert not {"industry", "revenue"} & set(the().collections.get().fields)
        assert company_facts_stay_apart(NOW).state is State.KEPT

    def test_what_is_known_of_a_company_is_not_filled_again(self) -> None:
        supplier()
        firm = Organisation.objects.create(name="Acme Oy", industry="Media")
        bring([person(source="list", organisation="Acme Oy", industry="Energy")])
        firm.refresh_from_db()
        assert (firm.industry, FactSource.objects.count()) == ("Media", 0)

    @pytest.mark.parametrize("planted", ["a company's fact of a person", "a person's fact of a company"])
    def test_the_control_turns_when_the_two_are_mixed(self, planted: str) -> None:
        one, source = contact(), supplier()
        assert company_facts_stay_apart(NOW).state is State.KEPT
        if planted.startswith("a company"):
            Collection.objects.create(contact=one, source=source, collected_on=TODAY, fields=["revenue"])
        else:
            FactSource.objects.create(organisation=customer(), source=source, collected_on=TODAY, fields=["first_name"])
        assert company_facts_stay_apart(NOW).state is State.BROKEN


class TestS21:
    """Sollten Sie oder die Organisation, die Sie vertreten, unser Kunde werden, führen wir die im Vorfeld des Verkaufs
    gesammelten Daten für Sie zusammen, wenn Ihre Organisation unser Kunde wird.
    """  # noqa: D205  (the clause as published)

    def signed(self) -> tuple[Contact, Conversion]:
        """A prospect of last year whose employer signs today."""
        firm = Organisation.objects.create(name="Acme Oy")
        one = contact(at=firm, collected_on=TODAY - 300 * DAY, email="anna@example.org")
        bring_agreements(
            [{"organisation": "Acme Oy", "party": "customer", "kind": "licence", "starts_on": "2026-11-23"}], NOW
        )
        return one, Conversion.objects.get()

    def test_what_was_collected_before_joins_the_customer_register_and_that_is_on_record(self) -> None:
        one, conversion = self.signed()
        assert (conversion.converted_on, conversion.contacts) == (TODAY, 1)
        assert DueDate.objects.get(contact=one).register == "both"
        assert list(conversions.of_contact(one)) == [conversion]

    def test_a_renewal_is_no_second_conversion(self) -> None:
        _one, conversion = self.signed()
        Agreement.objects.create(organisation=conversion.organisation, party="customer", kind="order", starts_on=TODAY)
        assert conversions.record(NOW + DAY, ACTOR) == 0

    def test_somebody_collected_after_the_sale_has_no_pre_sale_data(self) -> None:
        _one, conversion = self.signed()
        later = contact("Otto", at=conversion.organisation, collected_on=TODAY)
        assert not conversions.of_contact(later).exists()

    @pytest.mark.parametrize(("days", "possible"), [(30, True), (31, False)])
    def test_it_is_taken_back_within_thirty_days(self, days: int, possible: bool) -> None:
        one, conversion = self.signed()
        before = DueDate.objects.filter(contact=one).values().get()
        at = NOW + days * DAY
        if not possible:
            with pytest.raises(conversions.Refused, match="time is over"):
                conversions.take_back(conversion, actor=ACTOR, at=at)
            assert DueDate.objects.filter(contact=one).values().get() == before
            return
        with time_machine.travel(at, tick=False):
            assert conversions.take_back(conversion, actor=ACTOR, at=at) == 1
            assert DueDate.objects.get(contact=one).register == "marketing"
            assert conversions.record(at, ACTOR) == 0
            with pytest.raises(conversions.Refused, match="already"):
                conversions.take_back(conversion, actor=ACTOR, at=at)

    def test_it_is_not_taken_back_while_another_agreement_stands(self) -> None:
        _one, conversion = self.signed()
        Agreement.objects.create(organisation=conversion.organisation, party="customer", kind="order", starts_on=TODAY)
        with pytest.raises(conversions.Refused, match="other agreements"):
            conversions.take_back(conversion, actor=ACTOR, at=NOW)

    def test_the_control_turns_when_nobody_noticed(self) -> None:
        self.signed()
        at = NOW + 3 * DAY
        assert conversions_are_recorded(at).state is State.KEPT
        Conversion.objects.all().delete()
        assert conversions_are_recorded(NOW + DAY).state is State.KEPT, "one night may fail"
        assert conversions_are_recorded(at).state is State.BROKEN
        conversions.record(at, ACTOR)
        assert conversions_are_recorded(at).state is State.KEPT


class TestS37:
    """durch Partnervertriebs- und Kundenmanagement-Aktivitäten (z. B. eine Lizenzbestellung eines Partners für einen
    Endkunden oder Änderungen der Angaben eines Endkunden).
    """  # noqa: D205  (the clause as published)

    def changed_by_partner(self, on: date = TODAY) -> Contact:
        """A customer who was informed long ago, and of whom a partner says something new."""
        one = contact(at=customer(), email="anna@example.org", collected_on=TODAY - 400 * DAY)
        told(one, at=NOW - 400 * DAY)
        Source.objects.create(code="orders", kind="partner", supplier="Example Distribution Oy", origin="partner")
        assert not notices.owed().exists()
        bring([person(source="orders", job_title="CTO", collected_on=on.isoformat())])
        return one

    def test_the_partner_is_named_as_the_source_and_the_customer_is_owed_a_notice(self) -> None:
        one = self.changed_by_partner()
        newest = one.collections.order_by("-pk").first()
        assert newest is not None and newest.source.supplier == "Example Distribution Oy"
        owed = notices.owed().get()
        assert (owed.pk, owed.notice_kind, owed.notice_due_on) == (one.pk, "art14", date(2026, 12, 23))

    def test_a_notice_after_that_settles_it(self) -> None:
        self.changed_by_partner()
        assert notices.record(notices.owed(), TODAY, method="letter", actor=ACTOR, at=NOW) == 1
        assert not notices.owed().exists()

    def test_what_the_person_says_needs_no_notice(self) -> None:
        one = contact(email="anna@example.org", collected_on=TODAY - 400 * DAY)
        told(one, at=NOW - 400 * DAY)
        Source.objects.create(code="portal", kind="form")
        bring([person(source="portal", job_title="CTO", supplied_by_subject="yes")])
        assert not notices.owed().exists()

    def test_the_control_turns_when_the_month_is_over(self) -> None:
        self.changed_by_partner(TODAY - 40 * DAY)
        assert customers_hear_of_partners(NOW - 30 * DAY).state is State.KEPT
        assert customers_hear_of_partners(NOW).state is State.BROKEN


class TestS41:
    """Wenn Sie sich an uns wenden oder uns Informationen über mehrere Kanäle – wie z. B. unsere Vertriebspartner,
    Veranstaltungen oder die Website – übermitteln, führen wir diese Informationen zusammen, um die Kommunikation mit
    Ihnen auf Ihre Bedürfnisse abzustimmen.
    """  # noqa: D205  (the clause as published)

    def twice(self, created_at: datetime = NOW) -> tuple[Contact, Contact]:
        """One person at one customer, known by two addresses."""
        firm = customer()
        pair = contact(at=firm, email="anna@example.org"), contact(at=firm, email="anna.virtanen@example.org")
        Contact.objects.update(created_at=created_at)
        return pair

    def test_two_records_of_one_person_are_found_and_become_one(self) -> None:
        first, second = self.twice()
        assert duplicates.refresh(ACTOR, NOW) == 1
        merge(first.pk, second.pk, actor=ACTOR, at=NOW)
        assert Contact.objects.count() == 1
        assert not DuplicatePair.objects.exists()

    def test_the_control_turns_when_a_pair_waits_too_long(self) -> None:
        self.twice()
        duplicates.refresh(ACTOR, NOW)
        assert channels_are_brought_together(NOW).state is State.KEPT
        Contact.objects.update(created_at=NOW - 31 * DAY)
        assert channels_are_brought_together(NOW).state is State.AT_RISK
        duplicates.distinct(DuplicatePair.objects.get(), actor=ACTOR, at=NOW)
        assert channels_are_brought_together(NOW).state is State.KEPT

    def test_the_control_turns_when_a_merged_record_is_back(self) -> None:
        first, second = self.twice()
        record = merge(first.pk, second.pk, actor=ACTOR, at=NOW)
        assert merged_stay_merged(NOW).state is State.KEPT
        back = Contact.objects.create(email=record.email, collected_on=TODAY)
        assert merged_stay_merged(NOW).state is State.BROKEN
        Contact.objects.filter(pk=back.pk).update(email_key=None, reference=record.reference)
        assert merged_stay_merged(NOW).state is State.BROKEN


class TestS76:
    """Wir arbeiten auch eng mit Dritten zusammen (einschließlich z. B. Geschäftspartnern, Unterauftragnehmern in den
    Bereichen technische Services, Zahlungs- und Bereitstellungsservices, Werbenetzwerken, Analytikanbietern, Anbietern
    von Suchinformationen, Auskunfteien) und erhalten von diesen möglicherweise Informationen über Sie.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize(
        ("fields", "decision"),
        [
            ({}, "created"),
            ({"licence_until_on": TODAY}, "created"),
            ({"licence_until_on": TODAY - DAY}, "rejected"),
            ({"licence_from_on": TODAY}, "created"),
            ({"licence_from_on": TODAY + DAY}, "rejected"),
            ({"licence_until_on": None}, "created"),
            ({"licence": ""}, "rejected"),
            ({"kind": "public", "licence": ""}, "created"),
            ({"kind": "partner", "licence": ""}, "created"),
        ],
    )
    def test_nothing_of_a_supplier_enters_without_a_licence_in_force(
        self, fields: dict[str, Any], decision: str
    ) -> None:
        supplier(**fields)
        (outcome,) = bring([person(source="list")]).outcomes
        assert str(outcome.decision) == decision
        if decision == "rejected":
            assert "“list” is a supplier without a licence in force" in outcome.reason
            assert "register of sources" in outcome.remedy and outcome.column == "source"
            assert not Contact.objects.exists()

    def test_a_list_that_names_its_supplier_is_a_third_partys_until_staff_say_otherwise(self) -> None:
        rows = [person(source="new-list", source_supplier="Unknown Ltd")]
        assert bring(rows).decisions == ["rejected"]
        source = Source.objects.get(code="new-list")
        assert (source.kind, source.supplier) == ("third_party", "Unknown Ltd")
        source.licence, source.origin = "Order 18", "private"
        source.save()
        assert bring(rows).decisions == ["created"]

    def test_an_objection_in_such_a_list_is_heeded_all_the_same(self) -> None:
        one = contact(email="anna@example.org")
        supplier(licence="")
        assert bring([person(source="list", unsubscribed="yes")]).decisions == ["rejected"]
        one.refresh_from_db()
        assert not one.in_marketing and Objection.objects.get().contact == one

    def test_the_control_turns_when_data_has_no_licence_and_warns_before_one_ends(self) -> None:
        source = supplier()
        bring([person(source="list")])
        assert suppliers_are_licensed(NOW - 30 * DAY).state is State.KEPT
        assert suppliers_are_licensed(datetime(2026, 12, 5, 10, tzinfo=NOW.tzinfo)).state is State.AT_RISK
        assert suppliers_are_licensed(NOW + 60 * DAY).state is State.AT_RISK
        Source.objects.filter(pk=source.pk).update(licence="")
        assert suppliers_are_licensed(NOW).state is State.BROKEN
        assert ImportBatch.objects.exists()


class TestS79:
    """Diese Anbieter haben diese Informationen aus privaten oder öffentlichen Quellen oder direkt von Ihnen gesammelt."""

    @pytest.mark.parametrize("missing", ["origin", "supplier"])
    def test_the_control_turns_when_we_cannot_say_where_a_supplier_has_it_from(self, missing: str) -> None:
        source = supplier()
        Source.objects.create(code="form", kind="form")
        assert origins_are_known(NOW).state is State.KEPT
        Source.objects.filter(pk=source.pk).update(**{missing: ""})
        assert origins_are_known(NOW).state is State.AT_RISK


@pytest.mark.parametrize("clause", [TestS16, TestS17, TestS21, TestS37, TestS41, TestS76, TestS79])
def test_each_docstring_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)


def test_a_link_counts_once() -> None:
    """Two links of one person to one organisation are one."""
    firm = customer()
    first, second = contact(at=firm, email="a@example.org"), contact(at=firm, email="b@example.org")
    merge(first.pk, second.pk, actor=ACTOR, at=NOW + timedelta(seconds=1))
    assert Affiliation.objects.count() == 1
