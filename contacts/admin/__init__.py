"""The operators' pages about contacts, their organisations and agreements, and the sources of the data."""

from contacts.admin import contact, conversion, merging, organisation, source

__all__ = ["contact", "conversion", "merging", "organisation", "source"]
