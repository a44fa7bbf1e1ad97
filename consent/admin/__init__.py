"""The operators' pages about why we may: purposes, assessments, the policy, notices, and the evidence of it."""

from consent.admin import (
    announcements,
    assessments,
    evidence,
    exceptions,
    notices,
    policies,
    purposes,
    recipients,
    safeguards,
)

__all__ = [
    "announcements",
    "assessments",
    "evidence",
    "exceptions",
    "notices",
    "policies",
    "purposes",
    "recipients",
    "safeguards",
]
