"""What other floors hear from this one."""

from django.dispatch import Signal

recipient_told = Signal()
"""Sent with `recipient`, `at` (aware) and `actor`, inside the transaction that records that it was told (Art. 19)."""
