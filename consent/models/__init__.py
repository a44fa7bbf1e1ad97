"""Why we may, and pass on: purposes, notices, consents, objections, suppression, recipients; the airlock's own rows."""

from consent.models.airlock import ImportBatch, QuarantinedRow
from consent.models.aside import AsideEngagement
from consent.models.audiences import AudienceExport
from consent.models.breaches import Breach, BreachEvent, BreachPerson
from consent.models.consents import Consent
from consent.models.disclosures import Disclosure, DisclosureBatch, RecipientNotice
from consent.models.exceptions import ExceptionalDisclosure, ExceptionalScope
from consent.models.notices import Notice, OwedNotice, PolicyVersion
from consent.models.notifications import PolicyNotification, PolicyRecipient
from consent.models.objections import Balancing, Objection, Restriction
from consent.models.profiling import InterestProfile, OwnHost
from consent.models.purposes import Assessment, LegalBasis, ProcessingActivity, Purpose
from consent.models.recipients import Negotiation, Recipient, RecipientPurpose
from consent.models.safeguards import AdequacyDecision, Safeguard
from consent.models.suppression import FormerAddress, SuppressionEntry, SuppressionRemoval

__all__ = [
    "AdequacyDecision",
    "AsideEngagement",
    "Assessment",
    "AudienceExport",
    "Balancing",
    "Breach",
    "BreachEvent",
    "BreachPerson",
    "Consent",
    "Disclosure",
    "DisclosureBatch",
    "ExceptionalDisclosure",
    "ExceptionalScope",
    "FormerAddress",
    "ImportBatch",
    "InterestProfile",
    "LegalBasis",
    "Negotiation",
    "Notice",
    "Objection",
    "OwedNotice",
    "OwnHost",
    "PolicyNotification",
    "PolicyRecipient",
    "PolicyVersion",
    "ProcessingActivity",
    "Purpose",
    "QuarantinedRow",
    "Recipient",
    "RecipientNotice",
    "RecipientPurpose",
    "Restriction",
    "Safeguard",
    "SuppressionEntry",
    "SuppressionRemoval",
]
