"""What the legal bases, the consents, the notices and the published policy keep (S13-S28, S40-S51, S165-S169)."""

from consent.promises import consents, informing, publication, purposes

__all__ = ["consents", "informing", "publication", "purposes"]
