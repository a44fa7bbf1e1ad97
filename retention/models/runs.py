"""Runs and their chunks: the database is the queue of record, and a crash leaves nothing but a chunk to take again."""

from __future__ import annotations

from datetime import date

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.personal_data import OnErasure, PersonalData


class RunState(models.TextChoices):
    """Where a run stands."""

    WAITING = "waiting", _("waits for approval")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    SUPERSEDED = "superseded", _("superseded by a later run")


UNFINISHED = (RunState.WAITING, RunState.RUNNING)


COMPLETED = Q(state=RunState.DONE, rule="")
"""Runs over both rules that have ended."""


class RunTrigger(models.TextChoices):
    """What started a run."""

    SCHEDULE = "schedule", _("nightly schedule")
    COMMAND = "command", _("command line")
    REQUEST = "request", _("rights request")


class RetentionRun(models.Model):
    """One evaluation of the rules for one day (S95, S97): the day, what was planned, what happened.

    At most one run is unfinished at a time, and the schedule starts one for each day, whatever happens to beats,
    brokers and workers: two constraints say so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    on_date = models.DateField(_("for the day"))
    rule = models.CharField(_("rule, empty for all"), max_length=10, blank=True)
    trigger = models.CharField(_("started by"), max_length=10, choices=RunTrigger)
    state = models.CharField(_("state"), max_length=12, choices=RunState, default=RunState.RUNNING)
    policy_version = models.CharField(_("policy version"), max_length=20)
    planned = models.JSONField(_("planned"), default=dict)
    concern = models.CharField(_("why it waited"), max_length=200, blank=True)
    approved_by = models.UUIDField(_("approved by"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    break_glass = models.BooleanField(_("approved on the command line"), default=False)
    erased = models.PositiveIntegerField(_("erased"), default=0)
    left_register = models.PositiveIntegerField(_("left a register"), default=0)
    blocked = models.PositiveIntegerField(_("due but blocked"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "on_date",
            "rule",
            "trigger",
            "state",
            "policy_version",
            "planned",
            "concern",
            "approved_by",
            "approved_at",
            "break_glass",
            "erased",
            "left_register",
            "blocked",
            "failed",
            "started_at",
            "finished_at",
        ),
        reason=_("counts and states of a run, no person"),
    )

    class Meta:
        """One unfinished run at a time; one scheduled run for each day."""

        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                Case(When(state__in=UNFINISHED, then=Value(1))), name="retention_run_one_unfinished"
            ),
            models.UniqueConstraint(
                fields=["on_date"], condition=Q(trigger="schedule"), name="retention_run_one_scheduled_a_day"
            ),
        ]

    def __str__(self) -> str:
        return called(self, date_format(self.on_date, "SHORT_DATE_FORMAT"))

    @property
    def day(self) -> date:
        """The day D the rules are asked for, in the controller's time zone."""
        return self.on_date


class ChunkState(models.TextChoices):
    """Where a chunk stands. A crash while it is worked on leaves it pending: its transaction never ended."""

    PENDING = "pending", _("pending")
    DONE = "done", _("done")
    SPLIT = "split", _("split")
    FAILED = "failed", _("failed")


class RunChunk(models.Model):
    """A range of contacts that one worker handles in one transaction; also the journal's outbox.

    After three failures a chunk is split in halves, so that one poisonous contact ends alone in a failed chunk and
    blocks nobody. `journal_to` is the journal's number of the chunk's last line, empty until it is written.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(RetentionRun, models.PROTECT, related_name="chunks")
    first_id = models.UUIDField(_("first contact"))
    last_id = models.UUIDField(_("last contact"))
    state = models.CharField(_("state"), max_length=8, choices=ChunkState, default=ChunkState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("failed attempts"), default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    erased = models.PositiveIntegerField(_("erased"), default=0)
    left_register = models.PositiveIntegerField(_("left a register"), default=0)
    blocked = models.PositiveIntegerField(_("due but blocked"), default=0)
    counts = models.JSONField(_("rows removed"), default=dict)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    journal_to = models.PositiveBigIntegerField(_("journal number"), null=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "run",
            "first_id",
            "last_id",
            "state",
            "attempts",
            "problem",
            "erased",
            "left_register",
            "blocked",
            "counts",
            "finished_at",
            "journal_to",
        ),
        reason=_("counts of a run; ids lead nowhere once the person is erased"),
    )

    class Meta:
        """In the order of the contacts."""

        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        ordering = ["first_id"]
        indexes = [models.Index(fields=["run", "state"], name="chunk_queue")]

    def __str__(self) -> str:
        return called(self)
