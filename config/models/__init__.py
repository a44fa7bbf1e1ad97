"""Who we are, who works here, and what was done: the controller record, accounts and the audit trail."""

from config.models.accounts import User
from config.models.audit import Actor, AuditEvent
from config.models.controller import Controller, Subsidiary

__all__ = ["Actor", "AuditEvent", "Controller", "Subsidiary", "User"]
