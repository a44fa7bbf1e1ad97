"""What the legal bases, the consents and choices, profiling, notices, the policy and the handling of breaches keep.

S13-S28, S40-S60, S102, S118-S119, S127-S129, S158-S161, S165-S169; and what passing on keeps: S60-S73, S83-S93.
"""

from consent.promises import (
    breaches,
    choices,
    consents,
    exceptions,
    informing,
    passing_on,
    profiling,
    publication,
    purposes,
    sales,
    transfers,
)

__all__ = [
    "breaches",
    "choices",
    "consents",
    "exceptions",
    "informing",
    "passing_on",
    "profiling",
    "publication",
    "purposes",
    "sales",
    "transfers",
]
