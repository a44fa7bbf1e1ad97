"""The operators' pages about why we may: purposes, assessments, the policy, notices, and the evidence of it."""

from consent.admin import (
    announcements,
    assessments,
    breaches,
    evidence,
    exceptions,
    notices,
    policies,
    processing,
    purposes,
    recipients,
    safeguards,
)

__all__ = [
    "announcements",
    "assessments",
    "breaches",
    "evidence",
    "exceptions",
    "notices",
    "policies",
    "processing",
    "purposes",
    "recipients",
    "safeguards",
]
