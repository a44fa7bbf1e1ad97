"""Consents, objections, restrictions, the suppression list, and the import airlock's own rows."""

from consent.models.airlock import ImportBatch, QuarantinedRow
from consent.models.consents import Consent
from consent.models.objections import Objection, Restriction
from consent.models.suppression import FormerAddress, SuppressionEntry

__all__ = [
    "Consent",
    "FormerAddress",
    "ImportBatch",
    "Objection",
    "QuarantinedRow",
    "Restriction",
    "SuppressionEntry",
]
