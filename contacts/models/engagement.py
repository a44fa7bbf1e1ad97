"""What a contact did, graded: some acts count as a response or visit in the sense of S95, some never do."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.language import called
from config.policy.periods import ENGAGEMENT_MONTHS
from contacts.formats.rows import LIMITS
from contacts.models.people import Contact
from contacts.personal_data import Expiry, OnErasure, OnMerge, PersonalData, Register


class EngagementKind(models.TextChoices):
    """Kinds of engagement; COUNTING says which move the 24-month clock."""

    REPLY = "reply", _("reply")
    CLICK = "click", _("click in a message")
    FORM = "form", _("form")
    EVENT = "event", _("event or webinar")
    SURVEY = "survey", _("survey")
    CONTEST = "contest", _("contest")
    VISIT = "visit", _("website visit")
    LOGIN = "login", _("portal login")
    CALL_IN = "call_in", _("incoming call")
    CONSENT = "consent", _("consent given")
    OPEN = "open", pgettext_lazy("of a mail", "open")
    DELIVERY = "delivery", _("delivery")
    BOUNCE = "bounce", _("bounce")


NOT_COUNTING = (EngagementKind.OPEN, EngagementKind.DELIVERY, EngagementKind.BOUNCE)
"""No act of the person: mail proxies prefetch pixels (E9)."""
COUNTING = tuple(kind for kind in EngagementKind if kind not in NOT_COUNTING)
"""Acts of the person (domain 11.1); an automated one, such as a scanner's click, still does not count."""
VISITS = (EngagementKind.VISIT, EngagementKind.LOGIN)
RESPONSES = tuple(kind for kind in COUNTING if kind not in VISITS)
"""The two kinds of S95: a visit of our website, of which our portals are a part (S163), and every other act."""


def counts_for_marketing() -> Q:
    """The engagements that move the 24-month clock of S95."""
    return Q(kind__in=COUNTING, automated=False)


def not_automated_if_either(mine: Any, theirs: Any) -> None:
    """Of one event that two contacts have, the one by a person counts: a merge takes no sign of life away."""
    mine.automated = mine.automated and theirs.automated


class Engagement(models.Model):
    """One response, visit or participation (S11, S15). Deleted 24 months on by its own clock (E46)."""

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="engagements", db_index=False)
    kind = models.CharField(_("kind"), max_length=8, choices=EngagementKind)
    occurred_at = models.DateTimeField(_("at"))
    automated = models.BooleanField(_("by a machine"), default=False)
    url = models.CharField(_("address"), max_length=LIMITS["url"], blank=True)
    referrer = models.CharField(_("came from"), max_length=LIMITS["url"], blank=True)
    device = models.CharField(_("device"), max_length=200, blank=True)
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    external_id = models.CharField(_("key at the source"), max_length=LIMITS["external_id"], blank=True)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        on_clash=not_automated_if_either,
        register=Register.MARKETING,
        personal=("kind", "occurred_at", "automated", "url", "referrer", "device", "ip_address", "external_id"),
        technical=("id", "contact"),
        expiry=Expiry("occurred_at", ENGAGEMENT_MONTHS),
    )

    class Meta:
        """The same event arrives once, however often it is sent."""

        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        ordering = ["-occurred_at"]
        constraints = [
            models.UniqueConstraint(fields=["contact", "occurred_at", "kind", "external_id"], name="engagement_once")
        ]

    def __str__(self) -> str:
        return called(self)
