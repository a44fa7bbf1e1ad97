"""Who is meant, and how we know: candidates of the register, and what the person proved."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.models import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData
from dsar.models.requests import CASE_FILE, RightsRequest


class MatchState(models.TextChoices):
    """What staff say of a candidate. Several confirmed ones are one person with several records."""

    OPEN = "open", _("to be decided")
    CONFIRMED = "confirmed", _("this is the person")
    REJECTED = "rejected", _("somebody else")


def same_candidate(mine: Match, theirs: Match) -> None:
    """One candidate of two: what was decided, heeded or held for either record stays."""
    mine.score = max(mine.score, theirs.score)
    if theirs.state == MatchState.CONFIRMED:
        mine.state, mine.decided_at, mine.decided_by = theirs.state, theirs.decided_at, theirs.decided_by
    mine.hold_id = mine.hold_id or theirs.hold_id
    mine.heeded_at = mine.heeded_at or theirs.heeded_at


class Match(models.Model):
    """A contact that may be the requester. `signals` are the codes of what agrees, `score` their weight (0 to 100).

    `hold_id` is the retention hold that keeps the contact while the request is open (E30), `heeded_at` when what is
    carried out at once was carried out for this contact. The link is cut when the
    person is erased; the row stays and says that there was somebody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="matches", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="request_matches")
    score = models.PositiveSmallIntegerField(_("score"))
    signals = models.CharField(_("what agrees"), max_length=120, blank=True)
    state = models.CharField(_("decision"), max_length=9, choices=MatchState, default=MatchState.OPEN)
    hold_id = models.UUIDField(null=True, editable=False)
    heeded_at = models.DateTimeField(_("fast lane carried out at"), null=True, editable=False)
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    decided_by = models.UUIDField(_("decided by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DETACH,
        subject="contact",
        technical=(
            "id",
            "request",
            "contact",
            "score",
            "signals",
            "state",
            "hold_id",
            "heeded_at",
            "decided_at",
            "decided_by",
        ),
        reason=CASE_FILE,
        on_merge=OnMerge.MOVE,
        on_clash=same_candidate,
    )

    class Meta:
        """Best candidates first."""

        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "contact"], condition=Q(contact__isnull=False), name="match_once"
            )
        ]

    def __str__(self) -> str:
        return called(self)


class Level(models.IntegerChoices):
    """How sure we are who asks (Art. 12(6)); never an ID copy by default."""

    NONE = 0, _("none: the address it came from is enough")
    ADDRESS = 1, _("controls an address that was on file before the request")
    FACT = 2, _("controls the address, and knows a fact or was called back")


class Method(models.TextChoices):
    """How identity was checked. The first proves an address; the others add a fact to it."""

    LINK = "link", _("single-use link to an address on file")
    CODE = "code", _("code sent to an address on file")
    FACT = "fact", _("a fact only the person would know")
    CALL_BACK = "call_back", _("call-back through the employer's published number")
    PORTAL = "portal", _("signed in to one of our portals")


BY_ADDRESS = (Method.LINK, Method.CODE, Method.PORTAL)


class IdentityCheck(models.Model):
    """One attempt to identify the person: what was sent to which contact's address, and whether it was answered.

    `secret_digest` is a keyed digest: the database alone cannot pass a check. A link works once, until `expires_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="identity_checks")
    match = models.ForeignKey(Match, models.CASCADE, related_name="identity_checks")
    method = models.CharField(_("method"), max_length=9, choices=Method)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    expires_at = models.DateTimeField(_("works until"), null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    passed_at = models.DateTimeField(_("passed at"), null=True, editable=False)
    recorded_by = models.UUIDField(_("recorded by"), null=True, editable=False)
    note = models.TextField(_("what was checked"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("note",),
        technical=(
            "id",
            "request",
            "match",
            "method",
            "secret_digest",
            "sent_at",
            "expires_at",
            "attempts",
            "passed_at",
            "recorded_by",
        ),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """In the order they were made."""

        verbose_name = _("identity check")
        verbose_name_plural = _("identity checks")
        ordering = ["id"]

    def __str__(self) -> str:
        return called(self)
