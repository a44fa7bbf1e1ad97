"""People, the organisations they work for, where the data came from, and what they did."""

from contacts.models.accounts import SystemAccount
from contacts.models.conversions import Conversion
from contacts.models.engagement import Engagement
from contacts.models.merging import DuplicatePair, MergedRecord, MergeUndo
from contacts.models.organisations import Affiliation, Agreement, Organisation
from contacts.models.people import Contact, ReferenceSequence
from contacts.models.provenance import Collection, FactSource, Source

__all__ = [
    "Affiliation",
    "Agreement",
    "Collection",
    "Contact",
    "Conversion",
    "DuplicatePair",
    "Engagement",
    "FactSource",
    "MergeUndo",
    "MergedRecord",
    "Organisation",
    "ReferenceSequence",
    "Source",
    "SystemAccount",
]
