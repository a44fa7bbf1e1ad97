"""The operators' pages about why we may: purposes, assessments, the policy, notices, and the evidence of it."""

from consent.admin import announcements, assessments, evidence, notices, policies, purposes

__all__ = ["announcements", "assessments", "evidence", "notices", "policies", "purposes"]
