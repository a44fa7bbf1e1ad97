"""Data breaches (Art. 33, 34): `handling` is what is done, `search` whom it concerns, `drafts` what is written."""
