"""People, the organisations they work for, where the data came from, and what they did."""

from contacts.models.accounts import SystemAccount
from contacts.models.engagement import Engagement
from contacts.models.organisations import Affiliation, Agreement, Organisation
from contacts.models.people import Contact, ReferenceSequence
from contacts.models.provenance import Collection, Source

__all__ = [
    "Affiliation",
    "Agreement",
    "Collection",
    "Contact",
    "Engagement",
    "Organisation",
    "ReferenceSequence",
    "Source",
    "SystemAccount",
]
