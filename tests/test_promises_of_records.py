"""The controls of the controller record and of the register look at them live: kept, then a violation is planted."""

from __future__ import annotations

import pytest

from config.models import Controller, Subsidiary
from config.policy.controls import State
from config.promises import PUBLISHED, as_published, contact_details_are_complete, subsidiaries_are_listed
from config.roles import seed_controller, seed_example_subsidiaries
from contacts import personal_data
from contacts.models import Affiliation, Collection, Source
from contacts.promises import records as contact_promises
from contacts.promises.records import (
    FIELD_LISTS,
    contacts_have_a_source,
    contacts_have_an_employer,
    dictionary_is_complete,
    fields_are_declared,
    sources_are_touchpoints,
    suppliers_are_named,
)
from contacts.promises.suppliers import others_give_what_is_listed
from tests.planted import AT, TODAY, person

pytestmark = pytest.mark.django_db

# The controller (S3, S5, S6, S66, S142-S150) -------------------------------------------------------------------------


@pytest.mark.parametrize(("clause", "field"), [(clause, field) for clause in PUBLISHED for field in PUBLISHED[clause]])
def test_the_controller_record_says_what_each_clause_publishes(clause: str, field: str) -> None:
    assert as_published(clause, AT).state is State.BROKEN
    seed_controller()
    assert as_published(clause, AT).state is State.KEPT
    Controller.objects.update(**{field: "SE" if field == "country" else "0070"})
    other = as_published(clause, AT)
    assert other.state is State.AT_RISK
    labels = {one.name: str(one.verbose_name) for one in Controller._meta.local_fields}
    assert labels[field] in other.evidence
    Controller.objects.update(**{field: ""})
    assert as_published(clause, AT).state is State.BROKEN


@pytest.mark.parametrize("part", ["0018", "0181"])
def test_a_value_that_is_only_a_part_of_the_published_one_differs(part: str) -> None:
    seed_controller()
    Controller.objects.update(postcode=part)
    assert as_published("S145", AT).state is State.AT_RISK


def test_the_contact_details_are_complete_until_one_is_missing() -> None:
    assert contact_details_are_complete(AT).state is State.BROKEN
    seed_controller()
    assert contact_details_are_complete(AT).state is State.KEPT
    Controller.objects.update(privacy_email="")
    verdict = contact_details_are_complete(AT)
    assert (verdict.state, "mailbox" in verdict.evidence) == (State.BROKEN, True)


def test_the_list_of_subsidiaries_is_kept_until_it_is_empty() -> None:
    seed_example_subsidiaries()
    assert subsidiaries_are_listed(AT).state is State.KEPT
    Subsidiary.objects.all().delete()
    assert subsidiaries_are_listed(AT).state is State.BROKEN


# Contacts and where they came from (S7, S11-S16, S31-S38, S158-S161) --------------------------------------------------


@pytest.mark.parametrize("clause", FIELD_LISTS)
def test_every_listed_datum_has_a_declared_field(clause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fields_are_declared(clause, AT).state is State.KEPT
    monkeypatch.setitem(contact_promises.FIELD_LISTS, clause, "Contact.first_name Contact.shoe_size")
    verdict = fields_are_declared(clause, AT)
    assert (verdict.state, "Contact.shoe_size" in verdict.evidence) == (State.BROKEN, True)


def test_a_technical_field_is_no_declared_datum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(contact_promises.FIELD_LISTS, "S13", "Contact.updated_at")
    assert fields_are_declared("S13", AT).state is State.BROKEN


def test_contacts_without_an_employer_are_a_risk_and_too_many_break_the_promise() -> None:
    people = [person() for _number in range(4)]
    for alone, state in enumerate((State.KEPT, State.AT_RISK, State.AT_RISK, State.BROKEN)):
        Affiliation.objects.filter(contact__in=people[:alone]).delete()
        verdict = contacts_have_an_employer(AT)
        assert (verdict.state, verdict.evidence.split()[0]) == (state, str(alone))


def test_every_contact_has_a_source_until_one_has_none() -> None:
    known = person()
    assert contacts_have_a_source(AT).state is State.KEPT
    Collection.objects.filter(contact=known).delete()
    verdict = contacts_have_a_source(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "1 of 1")


def test_sources_are_the_policys_touchpoints_until_one_is_not() -> None:
    Source.objects.create(code="fair", kind="webinar")
    assert sources_are_touchpoints(AT).state is State.KEPT
    Source.objects.create(code="scraper", kind="scraped")
    assert sources_are_touchpoints(AT).state is State.BROKEN


@pytest.mark.parametrize("kind", ["partner", "third_party"])
def test_a_partner_or_third_party_without_a_name_is_a_risk(kind: str) -> None:
    source = Source.objects.create(code="list", kind=kind, supplier="Example Data Ltd")
    Source.objects.create(code="form", kind="form")
    assert suppliers_are_named(AT).state is State.KEPT
    Source.objects.filter(pk=source.pk).update(supplier="")
    assert suppliers_are_named(AT).state is State.AT_RISK


@pytest.mark.parametrize(
    ("kind", "state"), [("third_party", State.AT_RISK), ("public", State.AT_RISK), ("form", State.KEPT)]
)
def test_data_beyond_the_list_from_a_third_party_are_a_risk(kind: str, state: State) -> None:
    source = Source.objects.create(code="list", kind=kind)
    row = Collection.objects.create(contact=person(), source=source, collected_on=TODAY, fields=["email", "postcode"])
    assert others_give_what_is_listed(AT).state is State.KEPT
    row.fields = ["email", "linkedin_url"]
    row.save()
    verdict = others_give_what_is_listed(AT)
    assert verdict.state is state
    assert ("linkedin_url" in verdict.evidence) is (state is State.AT_RISK)


def test_the_data_dictionary_is_complete_until_a_table_is_undeclared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dictionary_is_complete(AT).state is State.KEPT
    monkeypatch.delitem(personal_data.DECLARED_HERE, "auth.Group")
    verdict = dictionary_is_complete(AT)
    assert (verdict.state, "1" in verdict.evidence) == (State.BROKEN, True)
