"""The request itself: who asks, for which rights, since when the clock runs, and where the case stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.language import called
from config.policy.periods import EVIDENCE_MONTHS
from contacts.formats.rows import LIMITS
from contacts.personal_data import Expiry, OnErasure, PersonalData

if TYPE_CHECKING:
    from contacts.models import Contact
    from dsar.models.decisions import Outcome

CASE_FILE: Final = _("part of the file of a rights request, which proves how it was answered (Art. 5(2), 12, 17(3)(e))")
"""Why rows of a case outlive the person; they go with the request."""


class Right(models.TextChoices):
    """What somebody can ask for (S109 to S138). The two lanes of an objection are different rights."""

    ACCESS = "access", _("access, Art. 15")
    RECTIFICATION = "rectification", _("rectification, Art. 16")
    ERASURE = "erasure", _("erasure, Art. 17")
    RESTRICTION = "restriction", _("restriction, Art. 18")
    PORTABILITY = "portability", _("portability, Art. 20")
    OBJECTION = "objection", _("objection on own grounds, Art. 21(1)")
    MARKETING_OBJECTION = "marketing_objection", _("objection to marketing, Art. 21(2)")
    WITHDRAWAL = "withdrawal", _("withdrawal of consent, Art. 7(3)")
    COMPLAINT = "complaint", _("complaint, Art. 77")


FAST_LANE: Final = (Right.MARKETING_OBJECTION, Right.WITHDRAWAL)
"""Absolute rights: carried out at once, with nothing to weigh (Art. 21(3), 7(3); E32)."""
PAUSING: Final = (
    Right.ACCESS,
    Right.PORTABILITY,
    Right.RECTIFICATION,
    Right.RESTRICTION,
    Right.OBJECTION,
    Right.COMPLAINT,
)
"""Rights that a scheduled deletion would empty: while one is open both rules pause (E30). An erasure does not (E31)."""


class ReceivedBy(models.TextChoices):
    """Where the request reached the controller: the clock starts there, also at a place the policy does not name."""

    FORM = "form", _("public form")
    EMAIL = "email", _("privacy mailbox")
    LETTER = "letter", _("letter")
    PHONE = "phone", _("phone")
    SUPPORT = "support", _("customer support")
    SALES = "sales", _("sales or account management")
    OTHER = "other", _("another place of ours")
    AUTHORITY = "authority", _("supervisory authority")


MISDIRECTED: Final = (ReceivedBy.SALES, ReceivedBy.OTHER)
"""Places that the policy does not name for this (S132, S143 to S151). A request is as valid, and its clock runs."""


class Status(models.TextChoices):
    """Where a case stands. Overdue, due soon, extended and paused are derived, never stored."""

    RECEIVED = "received", _("received")
    AWAITING_IDENTITY = "awaiting_identity", _("waiting for identification")
    AWAITING_CLARIFICATION = "awaiting_clarification", _("waiting for a clarification")
    IN_ASSESSMENT = "in_assessment", _("in assessment")
    IN_PROGRESS = "in_progress", _("being carried out")
    AWAITING_APPROVAL = "awaiting_approval", _("waiting for approval")
    FULFILLED = "fulfilled", _("fulfilled")
    PARTLY_FULFILLED = "partly_fulfilled", _("partly fulfilled")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn by the person")
    LAPSED = "lapsed", _("lapsed")


FINAL: Final = (Status.FULFILLED, Status.PARTLY_FULFILLED, Status.REFUSED, Status.WITHDRAWN, Status.LAPSED)
OPEN: Final = tuple(status for status in Status if status not in FINAL)


class RightsRequest(models.Model):
    """One request of a person, for one right or several (S108 to S138).

    `received_at` is the true receipt, wherever it was; `clock_on` the day the period is counted from: the receipt in
    the controller's time zone, or after a reopening the day of the new message; each reopening begins another `round`,
    with pauses, an extension and steps of its own. `credited_days` are the days of ended
    pauses, `paused_since_on` the day a pause that still counts began; `dsar/deadlines.py` keeps both. Only
    `dsar/workflow.py` writes the status and what belongs to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=12, unique=True, editable=False)
    received_by = models.CharField(_("received by"), max_length=9, choices=ReceivedBy)
    received_at = models.DateTimeField(_("received at"))
    logged_at = models.DateTimeField(_("logged at"), default=timezone.now, editable=False)
    logged_by = models.UUIDField(_("logged by"), null=True, editable=False)
    language = models.CharField(_("language of the answer"), max_length=2, default="en")
    status = models.CharField(_("status"), max_length=22, choices=Status, default=Status.RECEIVED, editable=False)
    status_since_at = models.DateTimeField(_("in this status since"), default=timezone.now, editable=False)
    clock_on = models.DateField(_("clock runs from"), editable=False)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    credited_days = models.PositiveSmallIntegerField(_("days of pauses"), default=0, editable=False)
    paused_since_on = models.DateField(_("paused since"), null=True, editable=False)
    extended_at = models.DateTimeField(_("extended at"), null=True, editable=False)
    confirmed_at = models.DateTimeField(_("address confirmed at"), null=True, editable=False)
    matched_at = models.DateTimeField(_("looked for in the register at"), null=True, editable=False)
    nothing_held = models.BooleanField(_("we hold nothing about the person"), default=False, editable=False)
    prepared_by = models.UUIDField(_("prepared by"), null=True, editable=False)
    approved_by = models.UUIDField(_("approved by"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answer sent at"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    requester_digest = models.CharField(max_length=64, blank=True, editable=False)
    digest_version = models.PositiveSmallIntegerField(default=0, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("requester_digest",),
        technical=(
            "id",
            "reference",
            "received_by",
            "received_at",
            "logged_at",
            "logged_by",
            "language",
            "status",
            "status_since_at",
            "clock_on",
            "round",
            "credited_days",
            "paused_since_on",
            "extended_at",
            "confirmed_at",
            "matched_at",
            "nothing_held",
            "prepared_by",
            "approved_by",
            "answered_at",
            "closed_at",
            "digest_version",
        ),
        reason=_(
            "proof that the request was answered in time (Art. 5(2), 12); who asked is kept apart and goes earlier"
        ),
        expiry=Expiry("closed_at", EVIDENCE_MONTHS),
    )

    class Meta:
        """A closed case has an end; nobody approves what they prepared themselves."""

        verbose_name = _("rights request")
        verbose_name_plural = _("rights requests")
        ordering = ["-received_at"]
        permissions = [("approve_rightsrequest", _("Can approve refusals, erasures and extensions"))]
        indexes = [
            models.Index(fields=["clock_on"], condition=Q(closed_at__isnull=True), name="request_open_clock"),
            models.Index(fields=["requester_digest"], name="request_requester_digest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="request_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=FINAL, closed_at__isnull=False)
                | (~Q(status__in=FINAL) & Q(closed_at__isnull=True)),
                name="request_closed_when_final",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(prepared_by__isnull=False, approved_by__isnull=False) & ~Q(approved_by=F("prepared_by")),
                name="request_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(Status.PARTLY_FULFILLED, Status.REFUSED)) | Q(approved_by__isnull=False),
                name="request_refusal_approved",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(Status.FULFILLED, Status.PARTLY_FULFILLED, Status.REFUSED))
                | Q(answered_at__isnull=False),
                name="request_decided_when_answered",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether the case is not closed yet."""
        return self.closed_at is None

    @property
    def is_misdirected(self) -> bool:
        """Whether it came to a place the policy does not name; the clock runs all the same (S151)."""
        return self.received_by in MISDIRECTED


class Requester(models.Model):
    """Who asks, and how to reach them: apart from the case, so that it can go before the case does.

    `answer_to` is the address that was on file of whoever was confirmed: it gets the answer, also after an erasure.
    """

    request = models.OneToOneField(RightsRequest, models.CASCADE, primary_key=True, related_name="requester")
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    answer_to = models.EmailField(_("answers go to"), blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=LIMITS["phone"], blank=True)
    organisation = models.CharField(_("organisation"), max_length=LIMITS["organisation"], blank=True)
    postal_address = models.TextField(_("postal address"), blank=True, max_length=500)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("name", "email", "answer_to", "phone", "organisation", "postal_address"),
        technical=("request",),
        reason=_("needed to answer the person (Art. 12); forgotten once the case is closed and the person erased"),
        may_name_erased=True,
    )

    class Meta:
        """Goes with the case, or before it."""

        verbose_name = _("requester")
        verbose_name_plural = _("requesters")

    def __str__(self) -> str:
        return called(self)


class AskedRight(models.Model):
    """One right of a request. `purpose` and `channel` narrow an objection or a withdrawal; empty means all of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="asked", db_index=False)
    right = models.CharField(_("right"), max_length=20, choices=Right)
    purpose = models.CharField(_("purpose, empty for all"), max_length=40, blank=True)
    channel = models.CharField(_("channel, empty for all"), max_length=8, blank=True)
    done_at = models.DateTimeField(_("carried out at"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=("id", "request", "right", "purpose", "channel", "done_at"),
        reason=CASE_FILE,
    )

    class Meta:
        """Each right is asked for once in a request."""

        verbose_name = _("right asked for")
        verbose_name_plural = _("rights asked for")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["request", "right"], name="asked_right_once")]

    people: list[Contact] | None = None
    """Whom it is about, where a page has read that for all rights of a case: ask `dsar.rights.people`."""
    decided: list[Outcome] | None = None

    def __str__(self) -> str:
        return str(self.get_right_display())
