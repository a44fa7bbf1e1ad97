"""The directory of sales, read-only (S64, S65): people, organisations, and the one act of revealing an address."""

from contacts.views import organisations, people

__all__ = ["organisations", "people"]
