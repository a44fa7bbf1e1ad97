"""Telling everybody of a material change of the policy (S168): one batch, and the queue of those still to be told."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.language import called
from consent.models.notices import PolicyVersion
from contacts.models import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData


class PolicyNotification(models.Model):
    """One batch: everybody who knows an earlier version is told of this one, once. Proof of each is a `Notice`.

    `planned` is how many were to be told when it was confirmed, `unreachable` how many of them have no working
    address; `finished_at` is set when the queue is empty.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    version = models.CharField(_("version"), max_length=20, unique=True)
    created_at = models.DateTimeField(_("confirmed at"), default=timezone.now)
    actor_id = models.UUIDField(_("confirmed by"), null=True, editable=False)
    planned = models.PositiveIntegerField(_("to be told"), default=0)
    unreachable = models.PositiveIntegerField(_("without a working address"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=("id", "version", "created_at", "actor_id", "planned", "unreachable", "finished_at"),
        reason=_("counts, no person"),
    )

    class Meta:
        """Newest first; a version is announced once."""

        verbose_name = _("announcement of a policy version")
        verbose_name_plural = _("announcements of policy versions")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return called(self, self.version)


class RecipientState(models.TextChoices):
    """Why somebody is still in the queue."""

    WAITING = "waiting", _("waits")
    CLAIMED = "claimed", _("being sent, or unclear")
    UNREACHABLE = "unreachable", _("no working address")
    REFUSED = "refused", _("refused by the mail server")


def told_once(mine: PolicyRecipient, theirs: PolicyRecipient) -> None:
    """One person waits once; a mail that may have left under the other record may have reached the person."""
    if theirs.state == RecipientState.CLAIMED:
        mine.state, mine.claimed_at = theirs.state, theirs.claimed_at


class PolicyRecipient(models.Model):
    """Somebody who has yet to be told. The row goes when the mail is out: from then on the `Notice` is the proof.

    CLAIMED is written and committed before the mail leaves: after a crash nobody can know whether it did, so nobody is
    sent it again unless a person decides so.
    """

    id = models.BigAutoField(primary_key=True)
    notification = models.ForeignKey(
        PolicyNotification, models.PROTECT, related_name="recipients", verbose_name=_("announcement")
    )
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=11, choices=RecipientState, default=RecipientState.WAITING)
    claimed_at = models.DateTimeField(_("begun at"), null=True)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        on_clash=told_once,
        technical=("id", "notification", "contact", "state", "claimed_at"),
    )

    class Meta:
        """In the order in which they wait; nobody twice."""

        verbose_name = _("person to be told")
        verbose_name_plural = _("persons to be told")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["notification", "contact"], name="policy_recipient_once")]
        indexes = [models.Index(fields=["notification", "state", "id"], name="policy_recipient_queue")]

    def __str__(self) -> str:
        return called(self)


def texts(version: str) -> models.QuerySet[PolicyVersion, PolicyVersion]:
    """The published texts of one version, one for each language."""
    return PolicyVersion.objects.filter(version=version)
