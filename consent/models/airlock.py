"""The import airlock's own rows: one per file, and the rows privacy staff must decide."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.formats.rows import LIMITS
from contacts.personal_data import OnErasure, OnMerge, PersonalData


class ImportKind(models.TextChoices):
    """What a file holds."""

    CONTACTS = "contacts", _("contacts")
    AGREEMENTS = "agreements", _("agreements")
    ENGAGEMENTS = "engagements", _("engagements")


class ImportState(models.TextChoices):
    """How far a file has come."""

    UPLOADED = "uploaded", _("uploaded")
    PREVIEWED = "previewed", _("waiting for confirmation")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("could not be read")
    ABANDONED = "abandoned", _("abandoned")


class Decision(models.TextChoices):
    """What the airlock decides about a row."""

    CREATED = "created", _("created")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    SUPPRESSED = "suppressed", _("suppressed")
    QUARANTINED = "quarantined", _("quarantined")
    REJECTED = "rejected", _("rejected")


class ImportBatch(models.Model):
    """One file on its way through the airlock. The file itself vanishes when it is done or a day old.

    `rows_done` is the resume point: a chunk's rows and this number are committed together.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    kind = models.CharField(_("content"), max_length=12, choices=ImportKind, default=ImportKind.CONTACTS)
    format = models.CharField(_("format"), max_length=12, default="auto")
    source_code = models.CharField(_("source"), max_length=LIMITS["source"], blank=True)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    stored_as = models.CharField(max_length=100, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows decided"), default=0)
    counts = models.JSONField(_("decisions"), default=dict)
    sample = models.JSONField(_("first rows"), default=dict)
    problem = models.TextField(_("problem"), blank=True)
    uploaded_by = models.UUIDField(_("uploaded by"), null=True, editable=False)
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "kind",
            "format",
            "source_code",
            "file_name",
            "digest",
            "stored_as",
            "state",
            "rows_total",
            "rows_done",
            "counts",
            "sample",
            "problem",
            "uploaded_by",
            "created_at",
            "finished_at",
        ),
        reason=_("line numbers, decisions and reasons of an import, never a value"),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"


class QuarantineReason(models.TextChoices):
    """Why a person must decide."""

    ERASED = "erased", _("this address was erased on request")
    DUPLICATE = "duplicate", _("the address is known under a clearly different name")


class QuarantinedRow(models.Model):
    """A row of an import that waits for privacy staff and expires after 30 days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="quarantined", verbose_name=_("import"))
    line = models.PositiveIntegerField(_("line"))
    reason = models.CharField(_("reason"), max_length=10, choices=QuarantineReason)
    digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    row = models.JSONField(_("row"), default=dict)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)

    personal_data = PersonalData(
        OnErasure.DELETE,
        digest="digest",
        on_merge=OnMerge.STAY,
        personal=("digest", "row"),
        technical=("id", "batch", "line", "reason", "received_at"),
        may_name_erased=True,  # waits for a decision about exactly such a person, and expires
    )

    class Meta:
        """Oldest first: these wait."""

        verbose_name = _("quarantined row")
        verbose_name_plural = _("quarantine")
        ordering = ["received_at"]

    def __str__(self) -> str:
        return called(self, self.line)
