"""What the legal bases, the consents and choices, profiling, the notices and the published policy keep.

S13-S28, S40-S60, S118-S119, S127-S129, S165-S169.
"""

from consent.promises import choices, consents, informing, profiling, publication, purposes

__all__ = ["choices", "consents", "informing", "profiling", "publication", "purposes"]
