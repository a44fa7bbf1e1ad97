"""The audit trail: who did what to which record, with field names and never values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ActorKind(models.TextChoices):
    """What kind of hand made a change."""

    PERSON = "person", _("member of staff")
    IMPORT = "import", _("import")
    TASK = "task", _("scheduled task")
    COMMAND = "command", _("command line")
    SUBJECT = "subject", _("the person concerned")


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose hand: a kind, and the account where there is one."""

    kind: ActorKind
    user_id: UUID | None = None

    @classmethod
    def person(cls, user: Any) -> Actor:
        """A signed-in member of staff."""
        return cls(ActorKind.PERSON, user.pk)

    @classmethod
    def task(cls) -> Actor:
        """A scheduled task."""
        return cls(ActorKind.TASK)

    @classmethod
    def subject(cls) -> Actor:
        """The data subject, on a page opened by a signed link."""
        return cls(ActorKind.SUBJECT)

    @classmethod
    def command(cls) -> Actor:
        """Somebody at the command line of the server."""
        return cls(ActorKind.COMMAND)


class AuditEvent(models.Model):
    """One change (Art. 5(2)): append-only, without a single value, so that it may outlive the person.

    Wide acts write one event for the set: `batch` names the import or the run, `counts` what it did, and the rows of
    that batch (collections, erasure records) name each person.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    actor_kind = models.CharField(_("by"), max_length=8, choices=ActorKind)
    actor_id = models.UUIDField(_("account"), null=True)
    action = models.CharField(_("action"), max_length=40)
    model = models.CharField(_("record type"), max_length=60)
    object_id = models.UUIDField(_("record"), null=True, db_index=True)
    batch = models.UUIDField(_("batch"), null=True, db_index=True)
    fields = models.JSONField(_("fields"), default=list)
    counts = models.JSONField(_("counts"), default=dict)

    class Meta:
        """Newest first."""

        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]

    def __str__(self) -> str:
        done = gettext(self.action)
        return f"{done} {self.pk}"

    @classmethod
    def record(
        cls,
        actor: Actor,
        action: str,
        subject: models.Model | type[models.Model],
        *,
        fields: Iterable[str] = (),
        batch: UUID | None = None,
        counts: dict[str, int] | None = None,
    ) -> AuditEvent:
        """Write one event about a record, or about a whole kind of record when `subject` is a model class."""
        one = subject if isinstance(subject, models.Model) else None
        object_id = one.pk if one is not None and isinstance(one.pk, UUID) else None
        return cls.objects.create(
            actor_kind=actor.kind,
            actor_id=actor.user_id,
            action=action,
            model=subject._meta.label,
            object_id=object_id,
            batch=batch,
            fields=sorted(fields),
            counts=counts or {},
        )
