"""The policy's purposes and its text, written into an empty database after every migration; what staff changed stays.

Each purpose names the clause it comes from and its basis for each register. Legitimate interests are named here and
weighed by people: until an assessment is approved, such a purpose may not be used (S26, S49).
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_noop as _

from consent.models import AdequacyDecision, LegalBasis, OwnHost, PolicyVersion, Purpose
from consent.models.consents import Channel
from consent.models.purposes import Basis, RegisterChoice

MESSAGES: Final = [str(channel) for channel in Channel]
MAIL: Final = [str(Channel.EMAIL), str(Channel.POST)]
PERSON: Final = ("identity", "address", "work")
BOTH: Final = (RegisterChoice.MARKETING, RegisterChoice.CUSTOMER)
CUSTOMERS: Final = (RegisterChoice.CUSTOMER,)


class Entry(NamedTuple):
    """One purpose of the catalogue, as the policy words it."""

    code: str
    clause: str
    name: str
    registers: tuple[RegisterChoice, ...]
    channels: list[str]
    basis: Basis = Basis.LEGITIMATE_INTERESTS
    categories: tuple[str, ...] = PERSON
    is_marketing: bool = False
    similar_services: bool = False


PURPOSES: Final = (
    # Marketing: S19, S20
    Entry("service_information", "S19", _("Information about our services"), BOTH, MESSAGES, is_marketing=True,
          similar_services=True),
    Entry("surveys", "S19", _("Customer surveys and contests"), BOTH, MESSAGES, is_marketing=True),
    Entry("marketing", "S19", _("Advertising and marketing, general"), BOTH, MESSAGES, is_marketing=True,
          similar_services=True),
    Entry("personalised_marketing", "S19", _("Advertising and marketing, personalised"), BOTH, MESSAGES,
          categories=(*PERSON, "interests"), is_marketing=True),
    Entry("know_how", "S19", _("Know-how about cyber security and our services"), BOTH, MESSAGES, is_marketing=True),
    Entry("market_research", "S20", _("Market research"), BOTH, [], categories=("work", "organisation")),
    Entry("development", "S20", _("Development of products, services and offers"), BOTH, [],
          categories=("work", "organisation")),
    # Website and profiling: S27, S50, S53-S59
    Entry("website_activity", "S27", _("Recording visits to our websites"), BOTH, [], Basis.CONSENT, ("activity",)),
    Entry("profiling", "S53", _("Interest profile from activity on our websites"), BOTH, [], Basis.CONSENT,
          ("activity", "interests"), is_marketing=True),
    # Customers and partners: S40, S46-S48
    Entry("relationship", "S40", _("Managing the customer relationship"), CUSTOMERS, MESSAGES,
          categories=(*PERSON, "organisation")),
    Entry("requested_services", "S40", _("Information, products and services you ask for"), BOTH, MESSAGES,
          categories=(*PERSON, "organisation", "interests")),
    Entry("planning", "S40", _("Joint planning sessions"), CUSTOMERS, MESSAGES),
    Entry("business_analysis", "S40", _("Analysis for business development"), CUSTOMERS, [],
          categories=("work", "organisation")),
    Entry("licence_certificates", "S40", _("Issuing licence certificates"), CUSTOMERS, MAIL,
          categories=(*PERSON, "organisation")),
    Entry("orders", "S40", _("Handling orders"), CUSTOMERS, MESSAGES, categories=(*PERSON, "organisation")),
    Entry("payments", "S40", _("Payments"), CUSTOMERS, MAIL, categories=(*PERSON, "organisation")),
    Entry("renewals", "S40", _("Renewals of licences and services"), CUSTOMERS, MESSAGES, is_marketing=True,
          similar_services=True),
    Entry("offers", "S40", _("Our other offers"), CUSTOMERS, MESSAGES, is_marketing=True, similar_services=True),
    Entry("feedback", "S40", _("Asking for feedback"), CUSTOMERS, MESSAGES, is_marketing=True),
    Entry("authorised_users", "S40", _("Identifying authorised users of our systems"), CUSTOMERS, MAIL,
          categories=("identity", "address", "accounts")),
    Entry("accounts", "S40", _("Managing user accounts"), CUSTOMERS, MAIL,
          categories=("identity", "address", "accounts")),
    Entry("support", "S47", _("Help and support"), CUSTOMERS, MESSAGES, categories=(*PERSON, "accounts")),
    Entry("beta_programme", "S48", _("Taking part in the beta programme"), BOTH, MAIL, Basis.CONTRACT,
          (*PERSON, "accounts")),
)  # fmt: skip

WEBSITE: Final = "f-secure.com"
"""The website of S163, with every site and portal below it; staff add the others."""

TOPICS: Final = (
    _("Endpoint protection"),
    _("Managed detection"),
    _("Vulnerability management"),
    _("Cloud security"),
    _("Training"),
)
"""Topics and services a person may be interested in (S13), as the preference centre offers them."""

TEXTS: Final = Path(__file__).resolve().parent / "policies"
PUBLISHED: Final = (("2019-09", "de", "Datenschutzrichtlinie für Firmenkundengeschäft", date(2019, 9, 1)),)
"""Version, language, title and day of publication; the text lies in `policies/`."""
ADEQUACY: Final = Path(__file__).resolve().parent / "adequacy.json"
"""The adequacy decisions of the Commission, as looked up on `ADEQUACY_CHECKED_ON`; staff keep them up to date."""
ADEQUACY_CHECKED_ON: Final = date(2026, 11, 22)
PLACES: Final = ["https://www.f-secure.com"]
"""Where it was published: the website of S163."""


def seed(apps: Any = None, **_kwargs: Any) -> None:
    """Write purposes, bases and policy texts that are missing. Runs after every migration that leaves their tables."""
    if apps is not None and "policyversion" not in apps.all_models["consent"]:
        return
    with transaction.atomic():
        for entry in PURPOSES:
            _purpose(entry)
        if apps is None or "adequacydecision" in apps.all_models["consent"]:
            _adequacy()
        if not OwnHost.objects.exists():
            OwnHost.objects.create(host=WEBSITE)
        for version, language, title, published_on in PUBLISHED:
            text = (TEXTS / f"{version}.{language}.txt").read_text(encoding="utf-8")
            PolicyVersion.objects.get_or_create(
                version=version,
                language=language,
                defaults={
                    "title": title,
                    "text": text,
                    "published_on": published_on,
                    "places": PLACES,
                    "is_material": True,
                },
            )


def _purpose(entry: Entry) -> None:
    purpose, created = Purpose.objects.get_or_create(
        code=entry.code,
        defaults={
            "name": entry.name,
            "clause": entry.clause,
            "is_marketing": entry.is_marketing,
            "similar_services": entry.similar_services,
            "channels": entry.channels,
            "categories": list(entry.categories),
        },
    )
    if created:
        LegalBasis.objects.bulk_create(
            LegalBasis(purpose=purpose, register=register, basis=entry.basis) for register in entry.registers
        )


def _adequacy() -> None:
    """The decisions nobody has entered yet."""
    for row in json.loads(ADEQUACY.read_text(encoding="utf-8")):
        dates = {name: date.fromisoformat(row.pop(name)) for name in ("valid_from", "valid_until") if name in row}
        key = {"country": row.pop("country"), "valid_from": dates.pop("valid_from")}
        defaults = {"checked_on": ADEQUACY_CHECKED_ON, **row, **dates}
        AdequacyDecision.objects.get_or_create(**key, defaults=defaults)
