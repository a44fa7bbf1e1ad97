"""One signal: something a retention date depends on has changed for these contacts."""

from django.dispatch import Signal

contacts_changed = Signal()
"""Sent inside the writing transaction with `ids`, a list of contact ids; writers send it once per chunk."""

contact_informed = Signal()
"""Sent with `contact`, `actor` and `at` (aware) when whoever entered a contact says that the person was informed."""
