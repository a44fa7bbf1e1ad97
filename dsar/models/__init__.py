"""The case file of a rights request (Art. 12 to 22): what was asked, what was decided, and every step in between."""

from dsar.models.correspondence import Attachment, AuthorityMatter, Message
from dsar.models.decisions import ExecutionTask, Outcome
from dsar.models.delivery import Delivery
from dsar.models.flood import IntakeAttempt
from dsar.models.history import CaseEvent, Extension, Pause, Reminder
from dsar.models.matches import IdentityCheck, Match
from dsar.models.particulars import Correction, Redaction
from dsar.models.requests import AskedRight, Requester, RightsRequest

__all__ = [
    "AskedRight",
    "Attachment",
    "AuthorityMatter",
    "CaseEvent",
    "Correction",
    "Delivery",
    "ExecutionTask",
    "Extension",
    "IdentityCheck",
    "IntakeAttempt",
    "Match",
    "Message",
    "Outcome",
    "Pause",
    "Redaction",
    "Reminder",
    "Requester",
    "RightsRequest",
]
