"""What the rows of an import become, whatever file they came from; the models take their lengths from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

LIMITS = {
    "email": 254,
    "salutation": 100,
    "academic_title": 100,
    "first_name": 100,
    "last_name": 100,
    "job_title": 200,
    "job_function": 200,
    "phone": 200,
    "street": 200,
    "postcode": 200,
    "city": 200,
    "state": 200,
    "linkedin_url": 500,
    "organisation": 200,
    "organisation_domain": 200,
    "industry": 200,
    "company_size": 200,
    "revenue": 200,
    "topic": 200,
    "topics": 2000,
    "source": 200,
    "source_supplier": 200,
    "notification_preferences": 200,
    "consent_text": 5000,
    "external_id": 200,
    "reference": 200,
    "via_partner": 200,
    "url": 500,
}
"""The longest value of each field, in characters. `topic` is one topic, `topics` the whole cell."""

ConsentAnswer = Literal["yes", "no", "unknown", ""]


@dataclass(slots=True)
class ContactRow:
    """One contact as a file describes it. Empty text means "not given".

    `email` is for display, `email_key` for matching. `phone` is E.164 where it could be understood. Dates are days in
    the controller's time zone, moments are aware. `bounced` is a hard bounce and says nothing about the person's
    wishes; `unsubscribed` and `phone_opt_out` are objections to direct marketing. `seen_on` is the earliest day on
    which something in the row has happened, for a day of collection that must be estimated (E4). `notes` names what was
    left out.
    """

    line: int
    email: str = ""
    email_key: str = ""
    salutation: str = ""
    academic_title: str = ""
    first_name: str = ""
    last_name: str = ""
    job_title: str = ""
    job_function: str = ""
    phone: str = ""
    language: str = ""
    country: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    linkedin_url: str = ""
    organisation: str = ""
    organisation_domain: str = ""
    industry: str = ""
    company_size: str = ""
    revenue: str = ""
    affiliated_from: date | None = None
    affiliated_until: date | None = None
    topics: tuple[str, ...] = ()
    source: str = ""
    source_supplier: str = ""
    supplied_by_subject: bool | None = None
    collected_on: date | None = None
    seen_on: date | None = None
    in_marketing: bool = True
    notification_preferences: str = ""
    consent_email: ConsentAnswer = ""
    consent_at: datetime | None = None
    consent_text: str = ""
    unsubscribed: bool = False
    unsubscribed_at: datetime | None = None
    phone_opt_out: bool = False
    bounced: bool = False
    bounced_at: datetime | None = None
    external_id: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class AgreementRow:
    """One agreement with an organisation (S96, S97). `ends_on` and `terminated_on` empty: open-ended."""

    line: int
    organisation: str
    party: str
    kind: str
    signed_on: date
    starts_on: date
    organisation_domain: str = ""
    reference: str = ""
    ends_on: date | None = None
    terminated_on: date | None = None
    via_partner: str = ""


@dataclass(slots=True)
class EngagementRow:
    """One response or visit of a person (S11, S15, S95). `external_id` is the event's key at its source."""

    line: int
    email: str
    email_key: str
    kind: str
    occurred_at: datetime
    automated: bool = False
    url: str = ""
    external_id: str = ""


@dataclass(slots=True)
class Rejection:
    """A row that was not taken: where, why, and what to do about it. The sentences quote no personal value.

    `objectors` are the e-mail keys in a row that also says that the person objects to direct marketing, and the two
    below say to what: whatever else is wrong with the row, the objection counts (Art. 21(3)).
    """

    line: int
    column: str
    reason: str
    remedy: str
    objectors: tuple[str, ...] = ()
    unsubscribed: bool = False
    phone_opt_out: bool = False

    def __str__(self) -> str:
        return f"{self.reason} {self.remedy}".strip()
