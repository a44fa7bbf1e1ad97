"""Why we may: purposes, notices, consents, objections, restrictions, suppression; and the import airlock's own rows."""

from consent.models.airlock import ImportBatch, QuarantinedRow
from consent.models.audiences import AudienceExport
from consent.models.consents import Consent
from consent.models.notices import Notice, OwedNotice, PolicyVersion
from consent.models.notifications import PolicyNotification, PolicyRecipient
from consent.models.objections import Balancing, Objection, Restriction
from consent.models.profiling import InterestProfile, OwnHost
from consent.models.purposes import Assessment, LegalBasis, Purpose
from consent.models.suppression import FormerAddress, SuppressionEntry, SuppressionRemoval

__all__ = [
    "Assessment",
    "AudienceExport",
    "Balancing",
    "Consent",
    "FormerAddress",
    "ImportBatch",
    "InterestProfile",
    "LegalBasis",
    "Notice",
    "Objection",
    "OwedNotice",
    "OwnHost",
    "PolicyNotification",
    "PolicyRecipient",
    "PolicyVersion",
    "Purpose",
    "QuarantinedRow",
    "Restriction",
    "SuppressionEntry",
    "SuppressionRemoval",
]
