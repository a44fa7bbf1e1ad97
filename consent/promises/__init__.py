"""What the legal bases, the consents and choices, profiling, the notices and the published policy keep.

S13-S28, S40-S60, S118-S119, S127-S129, S165-S169; and what passing on keeps: S60-S73, S83-S93.
"""

from consent.promises import (
    choices,
    consents,
    exceptions,
    informing,
    passing_on,
    profiling,
    publication,
    purposes,
    transfers,
)

__all__ = [
    "choices",
    "consents",
    "exceptions",
    "informing",
    "passing_on",
    "profiling",
    "publication",
    "purposes",
    "transfers",
]
