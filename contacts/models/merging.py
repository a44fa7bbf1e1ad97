"""Records that are one person (S41, S42): who may be, who is not, what was merged, and how to take it back."""

from __future__ import annotations

from datetime import date, timedelta

import uuid_utils.compat as uuid
from django.db import models
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from config.dates import local_date
from config.language import called
from config.policy.periods import UNDO_DAYS
from contacts.models.people import Contact
from contacts.personal_data import Expiry, OnErasure, OnMerge, PersonalData, Register


class Evidence(models.TextChoices):
    """What speaks for two contacts being one person; never a value."""

    SAME_NAME = "name", _("same name")
    SIMILAR_NAME = "similar name", _("similar name")
    PHONE = "phone", _("same phone number")
    EMPLOYER = "employer", _("same organisation")
    DOMAIN = "domain", _("same mail domain")
    MAILBOX = "mailbox", _("same name before the @, another domain")
    BY_HAND = "by hand", _("entered by hand")


class PairState(models.TextChoices):
    """Where a pair stands."""

    OPEN = "open", _("to be decided")
    DISTINCT = "distinct", _("not the same person")


class DuplicatePair(models.Model):
    """Two contacts who may be one person, with the evidence; or who are not, which is remembered.

    `score` is from 0 to 100. A pair has no direction: (a, b) and (b, a) are the same.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+", verbose_name=_("contact"))
    other = models.ForeignKey(Contact, models.PROTECT, related_name="+", verbose_name=_("other contact"))
    score = models.PositiveSmallIntegerField(_("likeness"))
    evidence = models.JSONField(_("what speaks for it"), default=list)
    state = models.CharField(_("state"), max_length=8, choices=PairState, default=PairState.OPEN)
    found_at = models.DateTimeField(_("found at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    decided_by = models.UUIDField(_("decided by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        also=("other",),
        on_merge=OnMerge.PAIR,
        personal=("score", "evidence"),
        technical=("id", "contact", "other", "state", "found_at", "decided_at", "decided_by"),
    )

    class Meta:
        """The most alike first; a pair once, in whichever order."""

        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(Least("contact", "other"), Greatest("contact", "other"), name="duplicate_pair_once")
        ]
        indexes = [models.Index(fields=["state", "-score", "id"], name="duplicate_pair_list")]

    def __str__(self) -> str:
        """By the two references, which name nobody."""
        return f"{self.contact.reference} · {self.other.reference}"


class MergedRecord(models.Model):
    """A contact that was merged into another one: its id, reference and address go on leading there.

    `email` is the address that is not in use any more, whichever of the two it belonged to; it may be empty.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="merged_records", verbose_name=_("merged into"))
    former_id = models.UUIDField(_("former id"), unique=True, editable=False)
    reference = models.CharField(_("former reference"), max_length=12, db_index=True)
    email = models.EmailField(_("former e-mail"), blank=True)
    email_key = models.CharField(max_length=254, null=True, editable=False)  # noqa: DJ001  (null: partially indexed)
    merged_at = models.DateTimeField(_("merged at"))
    merged_by = models.UUIDField(_("merged by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        personal=("former_id", "reference", "email", "email_key"),
        technical=("id", "contact", "merged_at", "merged_by"),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("merged contact")
        verbose_name_plural = _("merged contacts")
        ordering = ["-merged_at"]
        indexes = [
            models.Index(
                fields=["email_key"],
                condition=models.Q(email_key__isnull=False),
                name="merged_record_email",
                opclasses=["varchar_pattern_ops"],
            )
        ]

    def __str__(self) -> str:
        return called(self, self.reference)

    @property
    def undo_until(self) -> date:
        """The last day on which the merge can be taken back."""
        return local_date(self.merged_at) + timedelta(days=UNDO_DAYS)


class MergeUndo(models.Model):
    """What taking back a merge needs: every step it took. Goes after 30 days, and earlier with what it is a copy of.

    `former_id` is that of the merged record. The copies may hold data of both registers, so whatever deletes the data
    of either deletes this too.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    former_id = models.UUIDField(_("former id"), unique=True)
    merged_at = models.DateTimeField(_("merged at"))
    steps = models.JSONField(_("steps"), default=list)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        register=Register.MARKETING,
        on_merge=OnMerge.MOVE,
        personal=("former_id", "steps"),
        technical=("id", "contact", "merged_at"),
        expiry=Expiry("merged_at", days=UNDO_DAYS),
    )

    class Meta:
        """Wording."""

        verbose_name = _("merge that can be taken back")
        verbose_name_plural = _("merges that can be taken back")

    def __str__(self) -> str:
        return called(self)
