"""Organisations, affiliations, agreements and engagements through the airlock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from consent.models import OwnHost
from contacts.models import Affiliation, Agreement, Contact, Engagement, Organisation
from retention.models import DueDate
from tests.consent.conftest import (
    DAY,
    NOW,
    agreement_row,
    bring,
    bring_agreements,
    bring_engagements,
    employers,
    engagement_row,
    on,
    person,
    the,
)

pytestmark = pytest.mark.django_db


def link(email: str = "anna@example.org") -> Affiliation:
    """The only affiliation of a contact."""
    return Affiliation.objects.get(contact=the(email))


# Which organisation ---------------------------------------------------------------------------------------------------


def test_an_organisation_is_found_by_its_name_without_the_legal_form() -> None:
    Organisation.objects.create(name="Acme Oy")
    bring([person(organisation="ACME"), person("bob@example.org", organisation="acme oyj")])
    assert Organisation.objects.count() == 1
    assert employers(the()) == employers(the("bob@example.org")) == {"Acme Oy"}


def test_a_namesake_with_another_domain_is_somebody_else() -> None:
    Organisation.objects.create(name="Acme Oy", domain="acme.fi")
    bring([person(organisation="Acme Oy", organisation_domain="acme.de")])
    assert set(Organisation.objects.values_list("domain", flat=True)) == {"acme.fi", "acme.de"}


def test_the_domain_outweighs_the_name() -> None:
    Organisation.objects.create(name="Acme Oy", domain="acme.fi")
    bring([person(organisation="Acme Finland", organisation_domain="https://www.ACME.fi/contact")])
    assert employers(the()) == {"Acme Oy"}


@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
def test_a_domain_one_row_brings_is_known_to_the_next(rows_in_a_chunk: int, chunk_of: Callable[[int], None]) -> None:
    chunk_of(rows_in_a_chunk)
    Organisation.objects.create(name="Acme Oy")
    bring(
        [
            person("a@example.org", organisation="Acme Oy", organisation_domain="acme.fi"),
            person("b@example.org", organisation="Acme Oy", organisation_domain="acme.fi"),
            person("c@example.org", organisation="Acme Group", organisation_domain="acme.fi"),
            person("d@example.org", organisation="Acme Oy", organisation_domain="acme.de"),
            person("e@example.org", organisation="Acme Oy", organisation_domain="acme.de"),
        ]
    )
    assert dict(Organisation.objects.values_list("domain", "name")) == {"acme.fi": "Acme Oy", "acme.de": "Acme Oy"}
    assert Affiliation.objects.filter(organisation__domain="acme.fi").count() == 3


def test_company_facts_fill_what_is_empty_and_replace_nothing() -> None:
    bring([person(organisation="Acme Oy", industry="IT")])
    before = Organisation.objects.get().updated_at
    row = person("bob@example.org", organisation="Acme Oy", industry="Retail", company_size="50", revenue="1 M")
    bring([row], NOW + DAY)
    acme = Organisation.objects.get()
    assert (acme.industry, acme.company_size, acme.revenue) == ("IT", "50", "1 M")
    assert acme.updated_at > before


def test_a_row_with_a_domain_only_names_its_organisation_by_it() -> None:
    bring([person(organisation_domain="acme.fi")])
    assert Organisation.objects.get().name == "acme.fi"


# Affiliations ---------------------------------------------------------------------------------------------------------


def test_an_affiliation_has_the_dates_of_its_row() -> None:
    bring([person(organisation="Acme Oy", affiliated_from="2024-01-01", affiliated_until="2025-01-01")])
    assert (link().started_on, link().ended_on) == (date(2024, 1, 1), date(2025, 1, 1))


def test_an_affiliation_learns_its_end() -> None:
    bring([person(organisation="Acme Oy", affiliated_from="2024-01-01", collected_on="2024-01-01")])
    imported = bring([person(organisation="Acme Oy", affiliated_until="2025-01-01", collected_on="2025-01-01")])
    assert imported.decisions == ["updated"]
    assert (link().started_on, link().ended_on) == (date(2024, 1, 1), date(2025, 1, 1))


@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
def test_the_newer_row_says_when_somebody_left(rows_in_a_chunk: int, chunk_of: Callable[[int], None]) -> None:
    chunk_of(rows_in_a_chunk)
    newer = person(organisation="Acme Oy", affiliated_until="2025-06-01", collected_on="2025-06-01")
    older = person(organisation="Acme Oy", affiliated_until="2025-01-01", collected_on="2025-01-01")
    bring([newer, older])
    assert link().ended_on == date(2025, 6, 1)


@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
def test_rows_whose_dates_contradict_each_other_take_no_file_down(
    rows_in_a_chunk: int, chunk_of: Callable[[int], None]
) -> None:
    chunk_of(rows_in_a_chunk)
    imported = bring(
        [
            person(organisation="Acme Oy", affiliated_until="2024-01-01"),
            person(organisation="Acme Oy", affiliated_from="2025-01-01"),
            person("bob@example.org"),
        ]
    )
    assert imported.decisions[2] == "created"
    found = link()
    assert not (found.started_on and found.ended_on and found.ended_on < found.started_on)


def test_a_second_employer_is_a_second_affiliation() -> None:
    bring([person(organisation="Acme Oy"), person(organisation="Other Oy")])
    assert employers(the()) == {"Acme Oy", "Other Oy"}


# Agreements -----------------------------------------------------------------------------------------------------------


def test_an_agreement_is_created_changed_and_left_alone() -> None:
    row = agreement_row(reference="R", signed_on="2019-12-01", via_partner="Reseller Oy")
    assert bring_agreements([row]).decisions == ["created"]
    before = Agreement.objects.get()
    assert (before.signed_on, before.starts_on, before.via_partner) == (
        on("2019-12-01"),
        on("2020-01-01"),
        "Reseller Oy",
    )
    assert bring_agreements([row]).decisions == ["unchanged"]
    assert bring_agreements([row | {"ends_on": "2027-01-01"}], NOW + DAY).decisions == ["updated"]
    after = Agreement.objects.get()
    assert (after.pk, after.ends_on, after.last_day) == (before.pk, on("2027-01-01"), on("2027-01-01"))
    assert after.updated_at > before.updated_at


def test_an_agreement_without_reference_is_known_by_party_kind_and_start() -> None:
    bring_agreements([agreement_row()])
    rows = [
        agreement_row(ends_on="2027-01-01"),
        agreement_row(starts_on="2021-01-01"),
        agreement_row(kind="order"),
        agreement_row(party="partner"),
        agreement_row(organisation="Other Oy"),
    ]
    assert bring_agreements(rows).decisions == ["updated", "created", "created", "created", "created"]
    assert Agreement.objects.count() == 5


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"organisation": ""}, "organisation"),
        ({"party": "friend"}, "party"),
        ({"kind": "handshake"}, "kind"),
        ({"starts_on": ""}, "starts_on"),
        ({"ends_on": "2019-12-31"}, "ends_on"),
    ],
)
def test_a_rejected_agreement_names_its_column(cells: dict[str, str], column: str) -> None:
    imported = bring_agreements([agreement_row(**cells), agreement_row()])
    assert imported.decisions == ["rejected", "created"]
    assert imported.outcomes[0].column == column


def test_an_agreement_moves_the_due_dates_of_the_people_who_work_there() -> None:
    bring([person(collected_on="2026-01-01", organisation="Acme Oy")])
    assert DueDate.objects.get().register == "marketing"
    bring_agreements([agreement_row()])
    assert DueDate.objects.get().register == "both"
    bring_agreements([agreement_row(ends_on="2026-12-31")])
    assert DueDate.objects.get().customer_on == on("2031-12-31")


# Engagements ----------------------------------------------------------------------------------------------------------


def test_an_engagement_is_stored_as_the_file_says() -> None:
    OwnHost.objects.create(host="example.org")
    bring([person()])
    row = engagement_row(
        kind="visit", url="https://example.org/x", external_id="9", occurred_at="2026-03-31T14:05:00+03:00"
    )
    assert bring_engagements([row]).decisions == ["created"]
    found = Engagement.objects.get()
    assert (found.contact, found.kind, found.url, found.external_id) == (the(), "visit", "https://example.org/x", "9")
    assert found.occurred_at.isoformat() == "2026-03-31T11:05:00+00:00"
    assert found.automated is False


@pytest.mark.parametrize("kind", ["visit", "login"])
def test_web_traffic_is_recorded_on_our_own_websites_only(kind: str) -> None:
    """S55."""
    OwnHost.objects.create(host="example.org")
    bring([person()])
    rows = [
        engagement_row(kind=kind, external_id=str(number), url=url)
        for number, url in enumerate(
            ("https://www.example.org/x", "", "https://example.com/x", "https://example.org.evil")
        )
    ]
    imported = bring_engagements(rows)
    assert imported.decisions == ["created", "created", "rejected", "rejected"]
    assert all(one.column == "url" and "own websites" in one.remedy for one in imported.outcomes[2:])
    assert set(Engagement.objects.values_list("url", flat=True)) == {"https://www.example.org/x", ""}


def test_an_address_elsewhere_is_no_part_of_a_click() -> None:
    """S55."""
    OwnHost.objects.create(host="example.org")
    bring([person()])
    rows = [engagement_row(url="https://example.org/x"), engagement_row(url="https://example.com/x", external_id="2")]
    imported = bring_engagements(rows)
    assert [(one.decision, one.reason) for one in imported.outcomes] == [
        ("created", ""), ("created", "The address lies outside our own websites; not kept."),
    ]  # fmt: skip
    assert set(Engagement.objects.values_list("url", flat=True)) == {"https://example.org/x", ""}


def test_an_engagement_of_nobody_is_rejected_with_a_remedy() -> None:
    bring([person()])
    (outcome,) = bring_engagements([engagement_row("nobody@example.org")]).outcomes
    assert (outcome.decision, outcome.column) == ("rejected", "email")
    assert outcome.reason and outcome.remedy
    assert not Engagement.objects.exists()


@pytest.mark.parametrize(
    "cells",
    [
        {"occurred_at": "2026-11-23T10:06:00Z"},
        {"occurred_at": "2026-03-02T12:00:00"},
        {"occurred_at": "2026-03-02"},
        {"kind": "consent"},
        {"kind": "smile"},
    ],
)
def test_an_engagement_that_cannot_be_is_rejected(cells: dict[str, str]) -> None:
    bring([person()])
    assert bring_engagements([engagement_row(**cells)]).decisions == ["rejected"]


def test_a_senders_clock_may_be_five_minutes_ahead() -> None:
    bring([person()])
    assert bring_engagements([engagement_row(occurred_at="2026-11-23T10:05:00Z")]).decisions == ["created"]


def test_an_engagement_finds_its_contact_in_another_spelling_and_creates_nobody() -> None:
    bring([person()])
    assert bring_engagements([engagement_row("ANNA@Example.org")]).decisions == ["created"]
    assert Contact.objects.count() == 1


def test_an_engagement_moves_the_due_date() -> None:
    bring([person(collected_on="2026-01-01")])
    assert DueDate.objects.get().marketing_on == on("2028-01-01")
    bring_engagements([engagement_row(occurred_at="2026-10-05T12:00:00Z")])
    assert DueDate.objects.get().marketing_on == on("2028-10-05")
