"""One consent as a receipt for the person or an authority (Art. 7(1)), in the shape of ISO/IEC TS 27560:2023.

The keys are those of the W3C's guide to the standard. What the standard leaves optional and the GDPR asks for (legal
basis, collection method, rights, authority) is always there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.db.models import QuerySet

from config.models import Controller
from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS, OPT_IN_DAYS
from consent.models import Consent, Purpose
from consent.models.consents import USABLE, ConsentState
from consent.models.purposes import RegisterChoice

SCHEMA: Final = "ISO/IEC TS 27560:2023"
CATEGORIES: Final = {
    "identity": "name and form of address",
    "address": "e-mail address, phone number, postal address",
    "work": "position, role and employer",
    "interests": "topics and services of interest",
    "activity": "activity on the controller's own websites",
    "organisation": "data of the employer",
    "accounts": "user accounts in the controller's systems",
}
RIGHTS: Final = "access rectification erasure restriction portability objection withdrawal complaint".split()
RECIPIENTS: Final = [
    "companies of the controller's group",
    "channel partners, as far as the purpose needs it",
    "processors",
]
"""As the policy names them (S64-S71); a profile goes to no channel partner (S60)."""
KEPT: Final = {
    RegisterChoice.MARKETING: f"P{MARKETING_PERIODS[-1].months}M after the last response or visit",
    RegisterChoice.CUSTOMER: f"P{CUSTOMER_PERIODS[-1].months}M after the last agreement ended",
}


def receipt(event: Consent, at: datetime) -> dict[str, Any]:
    """The consent an event belongs to, with all its events so far, as issued at `at` (aware): ready for JSON."""
    controller = Controller.objects.get()
    purpose = Purpose.objects.filter(code=event.purpose).first()
    events = list(_chain(event))
    return {
        "schema_version": SCHEMA,
        "record_id": str(events[0].pk),
        "receipt_id": str(uuid5(NAMESPACE_URL, f"{events[0].pk} {events[-1].pk}")),
        "receipt_time": at.isoformat(timespec="seconds"),
        "pii_principal_id": _principal(event),
        "pii_processing": _processing(event, purpose, controller),
        "party_identification": [_controller(controller), _authority(controller)],
        "consent_events": [_event(one, controller) for one in events],
    }


def _principal(event: Consent) -> str:
    """The person by reference; by the keyed digest of the address once they have been erased."""
    return str(event.contact.reference) if event.contact else event.digest


def _chain(event: Consent) -> QuerySet[Consent, Consent]:
    """Every event of the same consent, the oldest first; after an erasure they belong together by their digest."""
    same = Consent.objects.filter(purpose=event.purpose, channel=event.channel)
    if event.contact_id is not None:
        same = same.filter(contact=event.contact_id)
    elif event.digest:
        same = same.filter(contact=None, digest=event.digest)
    else:
        same = same.filter(pk=event.pk)
    return same.order_by("occurred_at", "recorded_at")


def _processing(event: Consent, purpose: Purpose | None, controller: Controller) -> dict[str, Any]:
    """What was consented to."""
    registers = sorted({base.register for base in purpose.bases.all()} if purpose else (), reverse=True)
    categories = purpose.categories if purpose else []
    policy = event.policy
    return {
        "privacy_notice": {
            "title": policy.title if policy else "",
            "version": str(policy) if policy else "",
            "published_on": policy.published_on.isoformat() if policy else None,
            "places": list(policy.places) if policy else [],
        },
        "language": event.language or "und",
        "purpose": purpose.name if purpose else event.purpose,
        "purpose_type": "direct marketing" if purpose and purpose.is_marketing else "other",
        "lawful_basis": "GDPR Art. 6(1)(a)",
        "wording": event.text,
        "service": event.channel,
        "pii_information": [
            {"pii_type": CATEGORIES.get(one, one), "pii_attribute_id": one, "pii_optional": True} for one in categories
        ],
        "pii_controllers": [controller.business_id],
        "collection_method": event.method,
        "storage_locations": ["secure servers of the controller or its partners"],
        "retention_period": [KEPT[RegisterChoice(register)] for register in registers],
        "processing_locations": ["European Economic Area", "elsewhere under the safeguards of GDPR Art. 46"],
        "jurisdiction": str(controller.country),
        "recipient_third_parties": RECIPIENTS if event.purpose != "profiling" else RECIPIENTS[:2],
        "withdrawal_method": ["preference centre, by the link in every message", f"mailto:{controller.privacy_email}"],
        "privacy_rights": RIGHTS,
        "authority_party": "authority",
    }


def _controller(controller: Controller) -> dict[str, Any]:
    parts = (controller.street, controller.po_box, f"{controller.postcode} {controller.city}", str(controller.country))
    return {
        "party_id": controller.business_id,
        "party_name": controller.name,
        "party_address": ", ".join(part for part in parts if part),
        "party_contact": controller.privacy_email,
        "party_email": controller.privacy_email,
        "party_url": controller.business_support_url,
        "party_type": "organisation",
        "party_role": "pii_controller",
    }


def _authority(controller: Controller) -> dict[str, Any]:
    return {
        "party_id": "authority",
        "party_name": controller.authority_name,
        "party_address": str(controller.country),
        "party_contact": controller.authority_url,
        "party_url": controller.authority_url,
        "party_type": "supervisory authority",
        "party_role": "authority",
    }


def _event(event: Consent, controller: Controller) -> dict[str, Any]:
    return {
        "event_time": event.occurred_at.astimezone(settings.CONTROLLER_ZONE).isoformat(timespec="seconds"),
        "validity_duration": _validity(ConsentState(event.state)),
        "entity_id": _principal(event) if event.by_subject else controller.business_id,
        "event_type": "explicit" if event.by_subject else "recorded",
        "event_state": event.state,
        "event_method": event.method,
    }


def _validity(state: ConsentState) -> str:
    """How long a state lasts by itself: a request its fortnight, a consent until it is withdrawn."""
    if state is ConsentState.REQUESTED:
        return f"P{OPT_IN_DAYS}D"
    return "until withdrawn" if state in USABLE else "until followed by another event"


__all__ = ["SCHEMA", "receipt"]
