"""What this floor keeps: the field lists, a source for everybody, licensed suppliers, one record for one person."""

from contacts.promises import merging, records, suppliers

__all__ = ["merging", "records", "suppliers"]
