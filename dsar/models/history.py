"""What happened to a case and to its clock: the append-only history, pauses, the extension, reminders."""

from __future__ import annotations

from datetime import date

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.dates import add_days, local_date
from config.language import called
from config.models.audit import ActorKind
from config.policy.periods import LAPSE_DAYS, LAPSE_REMINDER_DAYS
from contacts.personal_data import OnErasure, PersonalData
from dsar.models.requests import CASE_FILE, RightsRequest, Status


class EventKind(models.TextChoices):
    """What a line of the history says."""

    LOGGED = "logged", _("request logged")
    MOVED = "moved", _("status changed")
    REOPENED = "reopened", _("reopened")
    CONFIRMED = "confirmed", _("address confirmed")
    MATCHED = "matched", _("looked for in the register")
    MATCH_DECIDED = "match_decided", _("candidate decided")
    IDENTITY = "identity", _("identification")
    EXECUTED = "executed", _("carried out")
    TASK = "task", _("execution task")
    DECIDED = "decided", _("outcome recorded")
    EXTENSION = "extension", _("extension")
    MESSAGE = "message", _("correspondence")
    REMINDED = "reminded", _("reminder")
    FORGOTTEN = "forgotten", _("personal data of the case deleted")
    FILE = "file", _("file")
    PACKAGE = "package", _("package")
    RECIPIENT = "recipient", _("recipient told")
    AUTHORITY = "authority", _("supervisory authority")


class CaseEvent(models.Model):
    """One line of a case's history (Art. 5(2)): append-only. `note` is what staff or the person said about it."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=14, choices=EventKind)
    actor_kind = models.CharField(_("by"), max_length=8, choices=ActorKind)
    actor_id = models.UUIDField(_("account"), null=True)
    from_status = models.CharField(_("from"), max_length=22, choices=Status, blank=True)
    to_status = models.CharField(_("to"), max_length=22, choices=Status, blank=True)
    subject = models.CharField(_("about"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("note",),
        technical=("id", "request", "at", "kind", "actor_kind", "actor_id", "from_status", "to_status", "subject"),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """In the order of events."""

        verbose_name = _("case event")
        verbose_name_plural = _("case history")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"


class PauseKind(models.TextChoices):
    """What the person owes us while the clock stands."""

    IDENTITY = "identity", _("identification")
    CLARIFICATION = "clarification", _("clarification")


class Pause(models.Model):
    """We asked the person something. It stops the clock only when we asked without delay (`dsar/deadlines.py`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="pauses")
    kind = models.CharField(_("kind"), max_length=13, choices=PauseKind)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    question = models.TextField(_("what we asked"))
    asked_at = models.DateTimeField(_("asked at"))
    asked_by = models.UUIDField(_("asked by"), null=True, editable=False)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, editable=False)
    answer = models.TextField(_("answer"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("question", "answer"),
        technical=("id", "request", "kind", "round", "asked_at", "asked_by", "reminded_at", "answered_at"),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """One open question of a kind at a time; an answer comes after its question."""

        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "kind"], condition=Q(answered_at__isnull=True), name="pause_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")), name="pause_answer_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"

    @property
    def ends_on(self) -> date:
        """The last day to answer; a reminder that went out late leaves as long as the silence before one (Art. 12)."""
        last = add_days(local_date(self.asked_at), LAPSE_DAYS)
        if self.reminded_at is None:
            return last
        return max(last, add_days(local_date(self.reminded_at), LAPSE_REMINDER_DAYS))


class Extension(models.Model):
    """Two more months (Art. 12(3)): proposed with a reason, approved by somebody else, told to the person in time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="extensions", db_index=False)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    reason = models.TextField(_("why it takes longer"))
    proposed_by = models.UUIDField(_("proposed by"), editable=False)
    proposed_at = models.DateTimeField(_("proposed at"), editable=False)
    approved_by = models.UUIDField(_("approved by"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("reason",),
        technical=("id", "request", "round", "proposed_by", "proposed_at", "approved_by", "approved_at"),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """Once for each round of the case, and never by one person alone."""

        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["proposed_at"]
        constraints = [
            models.UniqueConstraint(fields=["request", "round"], name="extension_once"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")), name="extension_four_eyes"
            ),
        ]

    def __str__(self) -> str:
        return called(self)


class ReminderKind(models.TextChoices):
    """When staff are reminded of a case."""

    WEEK = "week", _("due within 7 days")
    DAYS = "days", _("due within 2 days")
    OVERDUE = "overdue", _("overdue")


class Reminder(models.Model):
    """A reminder to staff: the row is the claim, so that each is mailed once. Another due date brings another one."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="reminders", db_index=False)
    kind = models.CharField(_("kind"), max_length=7, choices=ReminderKind)
    due_on = models.DateField(_("due on"))
    claimed_at = models.DateTimeField(_("taken up at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=("id", "request", "kind", "due_on", "claimed_at", "sent_at"),
        reason=CASE_FILE,
    )

    class Meta:
        """Exactly once."""

        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["request", "kind", "due_on"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"
