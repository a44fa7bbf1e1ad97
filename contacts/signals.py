"""One signal: something a retention date depends on has changed for these contacts."""

from django.dispatch import Signal

contacts_changed = Signal()
"""Sent inside the writing transaction with `ids`, a list of contact ids; writers send it once per chunk."""

contact_informed = Signal()
"""Sent with `contact`, `actor` and `at` (aware) when whoever entered a contact says that the person was informed."""

contacts_merging = Signal()
"""Sent with `survivor`, `merged` (contacts, locked) and `at` before a merge; a receiver returns sentences why not."""

contacts_settling = Signal()
"""Sent with `survivor`, `merged`, `at` and `values`, what the one contact of the two will say by its columns, before a
merge and for its preview; a receiver returns the columns of which its floor says something else."""

contacts_as_one = Signal()
"""Sent with the same, when values are settled, for the preview of a merge; retention returns the dates to come."""

contacts_merged = Signal()
"""Sent inside a merge with `merge`, a `contacts.merging.Merge`, when all rows have moved: what follows on other floors.

Receivers change rows through it, so that the change can be taken back."""

contacts_unmerging = Signal()
"""Sent with `contact` (locked), `since` and `at` before a merge is taken back; a receiver returns sentences why not."""
