"""The read log: who looked at whose data, when, for what purpose and in which role; ids, never values (R14, R15)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import models
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.language import called


class ReadingPurpose(models.TextChoices):
    """What staff look at personal data for. The person may ask for it, so each reads as an answer (C-579/21)."""

    REGISTER = "register", _("keeping the register")
    RIGHTS = "rights", _("answering a rights request")
    CUSTOMER = "customer", _("customer relations")
    AUDIT = "audit", _("an audit")
    INCIDENT = "incident", _("looking into an incident")
    SUPPORT = "support", _("technical support")


class AccessKind(models.TextChoices):
    """How somebody came to see, or tried to see, a record."""

    RECORD = "record", _("opened the record")
    LIST = "list", _("saw it in a list")
    SEARCH = "search", _("found it by a search")
    HISTORY = "history", _("opened its history")
    CHOICES = "choices", _("saw it among the choices of a form")
    POPUP = "popup", _("saw it in a small window")
    PAGE = "page", _("saw it on another page")
    SENT = "sent", _("sent a form about it")
    EXPORT = "export", _("took it in a file")
    REFUSED = "refused", _("was refused, or found nothing there")


class AccessEvents(QuerySet["AccessEvent"]):
    """Look-ups as a set."""

    def of(self, ids: Iterable[UUID]) -> AccessEvents:
        """The look-ups of any of these records, newest first.

        The sum in the order keeps PostgreSQL from reading the whole log backwards for a record that few have seen.
        """
        return self.filter(object_ids__holds_any=[str(one) for one in ids]).order_by((F("id") + 0).desc())


class AccessEvent(models.Model):
    """One page, file or refusal: append-only, written before the answer leaves (Art. 5(1)(f), 15, 33).

    `object_ids` are the contacts shown, and the records that the address itself named. They outlive the person: without
    the contact they lead nowhere. `view` is the name of the page, never its address, which may carry what was typed.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    actor_id = models.UUIDField(_("account"))
    role = models.CharField(_("role"), max_length=40)
    purpose = models.CharField(_("purpose"), max_length=8, choices=ReadingPurpose)
    kind = models.CharField(_("how"), max_length=8, choices=AccessKind)
    view = models.CharField(_("page"), max_length=100)
    object_ids = models.JSONField(_("records"), default=list)

    objects = AccessEvents.as_manager()

    class Meta:
        """Newest first; the index of the ids stands in a migration, because only PostgreSQL has its kind."""

        verbose_name = _("look-up")
        verbose_name_plural = _("read log")
        ordering = ["-id"]
        indexes = [models.Index(fields=["actor_id", "at"], name="access_by_account")]

    def __str__(self) -> str:
        return called(self)
