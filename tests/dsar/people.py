"""Somebody about whom every table of the package knows something."""

from __future__ import annotations

from datetime import UTC, date, datetime

from config.models import Actor
from consent import suppression
from consent.models import Consent, InterestProfile, Notice, Objection, PolicyVersion, Restriction
from consent.models.consents import ConsentState
from consent.models.notices import NoticeKind
from consent.models.objections import ObjectionGround, RestrictionGround
from consent.models.suppression import Authority, SuppressionReason
from contacts.models import (
    Affiliation,
    Agreement,
    Collection,
    Contact,
    Engagement,
    Organisation,
    Source,
    SystemAccount,
)
from contacts.models.engagement import EngagementKind
from contacts.models.organisations import AgreementKind, Party
from contacts.models.provenance import SourceKind
from retention import holding
from tests.dsar.conftest import NOW

SINCE = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)


def well_known(email: str = "anna@example.org") -> Contact:
    """Anna Virtanen, with at least one row in every table about contacts."""
    contact = Contact.objects.create(
        email=email,
        salutation="Ms",
        academic_title="Dr.",
        first_name="Anna",
        last_name="Virtanen",
        job_title="Head of IT",
        job_function="IT",
        phone="+358401234567",
        language="fi",
        country="FI",
        street="Kauppakatu 5",
        postcode="40100",
        city="Jyväskylä",
        state="Keski-Suomi",
        linkedin_url="https://linkedin.example/in/anna",
        topics=["VPN", "=SUM(A1)"],
        notification_preferences="weekly",
        in_marketing=True,
        collected_on=date(2024, 5, 2),
        last_engaged_on=date(2026, 9, 1),
    )
    firm = Organisation.objects.create(name="Kauppa Oy", domain="example.org", country="FI", industry="Retail")
    Agreement.objects.create(
        organisation=firm,
        party=Party.CUSTOMER,
        kind=AgreementKind.LICENCE,
        reference="L-77",
        starts_on=date(2024, 1, 1),
        ends_on=date(2027, 1, 1),
    )
    Affiliation.objects.create(contact=contact, organisation=firm, role="IT", started_on=date(2024, 1, 1))
    SystemAccount.objects.create(contact=contact, organisation=firm, system="portal", login="anna.v")
    form = Source.objects.create(code="form", name="Contact form", kind=SourceKind.FORM)
    Collection.objects.create(
        contact=contact,
        source=form,
        collected_on=date(2024, 5, 2),
        supplied_by_subject=True,
        fields=["email", "first_name", "last_name", "topics", "phone"],
    )
    bought = Source.objects.create(code="list", name="List", kind=SourceKind.THIRD_PARTY, supplier="Lists Ltd")
    Collection.objects.create(contact=contact, source=bought, collected_on=date(2024, 6, 2), fields=["job_title"])
    Engagement.objects.create(
        contact=contact,
        kind=EngagementKind.VISIT,
        occurred_at=SINCE,
        url="https://f-secure.example/?from=boss@kauppa.example",
        device="Firefox",
        ip_address="192.0.2.1",
    )
    for purpose in ("marketing", "profiling", "website_activity"):
        Consent.objects.create(
            contact=contact,
            digest=contact.email_digest,
            digest_version=contact.digest_version,
            purpose=purpose,
            channel="email" if purpose == "marketing" else "",
            state=ConsentState.GIVEN,
            occurred_at=SINCE,
            recorded_at=SINCE,
            by_subject=True,
            text="I agree.",
            method="form",
        )
    Objection.objects.create(
        contact=contact,
        ground=ObjectionGround.MARKETING,
        channel="phone",
        statement="My colleague Bo Ek told you, write to bo@kauppa.example.",
        raised_at=SINCE,
    )
    InterestProfile.objects.create(
        contact=contact,
        score=2,
        inputs=[{"kind": "visit", "host": "f-secure.example", "count": 1, "last_on": "2025-03-04", "points": 2}],
        computed_at=NOW,
    )
    policy = PolicyVersion.objects.order_by("published_on").first() or PolicyVersion.objects.create(
        version="1", language="en", title="Policy", text="Text", published_on=date(2024, 1, 1)
    )
    Notice.objects.create(contact=contact, kind=NoticeKind.COLLECTION, policy=policy, given_at=SINCE, recorded_at=SINCE)
    suppression.add(contact.email_key or "", SuppressionReason.OBJECTION, Authority.PERSON, SINCE, channel="phone")
    colleague = Contact.objects.create(first_name="Bo", last_name="Ek", email="bo@kauppa.example", collected_on=SINCE)
    Affiliation.objects.create(contact=colleague, organisation=firm)
    return contact


def held(contact: Contact, *, is_secret: bool = False) -> None:
    """A legal hold."""
    holding.place(contact, "Case 7", date(2027, 3, 1), Actor.command(), NOW, owner="Legal", is_secret=is_secret)


def restricted(contact: Contact) -> Restriction:
    """A restriction."""
    return Restriction.objects.create(contact=contact, ground=RestrictionGround.ACCURACY, since_at=SINCE, note="?")
