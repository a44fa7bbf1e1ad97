"""Who we are, who works here, what was done and who looked: controller, accounts, audit trail, read log."""

from config.models.access import AccessEvent, AccessKind, ReadingPurpose
from config.models.accounts import User
from config.models.audit import Actor, AuditEvent
from config.models.controller import Controller, Subsidiary
from config.models.figures import CountedFigure
from config.models.promises import PromiseState

__all__ = [
    "AccessEvent",
    "AccessKind",
    "Actor",
    "AuditEvent",
    "Controller",
    "CountedFigure",
    "PromiseState",
    "ReadingPurpose",
    "Subsidiary",
    "User",
]
