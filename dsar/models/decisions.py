"""What is decided for each right and category of data, and the steps that carry it out."""

from __future__ import annotations

from typing import Final

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.purposes import Category
from contacts.personal_data import OnErasure, PersonalData
from dsar.models.requests import CASE_FILE, AskedRight, RightsRequest


class DataCategory(models.TextChoices):
    """The categories of data an outcome is about: those of the purposes, and what we note about our own dealings."""

    IDENTITY = Category.IDENTITY.value, Category.IDENTITY.label
    ADDRESS = Category.ADDRESS.value, Category.ADDRESS.label
    WORK = Category.WORK.value, Category.WORK.label
    ORGANISATION = Category.ORGANISATION.value, Category.ORGANISATION.label
    INTERESTS = Category.INTERESTS.value, Category.INTERESTS.label
    ACTIVITY = Category.ACTIVITY.value, Category.ACTIVITY.label
    ACCOUNTS = Category.ACCOUNTS.value, Category.ACCOUNTS.label
    CHOICES = "choices", _("consents, objections and notices")


class Decision(models.TextChoices):
    """The outcome for one category of data."""

    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")
    NOT_HELD = "not_held", _("nothing held")


class RefusalReason(models.TextChoices):
    """Why something is refused or withheld (domain section 5)."""

    IDENTITY_NOT_PROVEN = "identity_not_proven", _("identity not proven, Art. 12(6)")
    SUSPECTED_FRAUD = "suspected_fraud", _("suspected fraud")
    NO_MATCH = "no_match", _("nobody with these details is in the register")
    NOT_FOR_BASIS = "right_not_available_for_basis", _("the right does not exist for this legal basis (S136)")
    LEGAL_OBLIGATION = "exception_17_3_b", _("we must keep it by law, Art. 17(3)(b)")
    LEGAL_CLAIMS = "exception_17_3_e", _("needed for legal claims, Art. 17(3)(e)")
    COMPELLING_GROUNDS = "compelling_grounds_21_1", _("compelling grounds outweigh it, Art. 21(1)")
    RIGHTS_OF_OTHERS = "rights_of_others_15_4", _("rights of others, Art. 15(4)")
    CONFIDENTIALITY = "confidentiality", _("confidentiality (S134)")
    PROFESSIONAL_SECRECY = "professional_secrecy", _("professional secrecy (S134)")
    SERVICE_OBLIGATION = "service_obligation", _("duty to provide our services (S134)")
    UNFOUNDED = "manifestly_unfounded", _("manifestly unfounded, Art. 12(5)")
    EXCESSIVE = "excessive", _("excessive, Art. 12(5)")
    NATIONAL_LAW = "national_law", _("national law")
    OTHER = "other", _("another reason")


class Ground(models.TextChoices):
    """The ground of the law on which something is erased (Art. 17(1)) or restricted (Art. 18(1)); staff choose it.

    A ground that the person did not name is no reason to refuse: all six are looked at (domain section 4).
    """

    NOT_NEEDED = "17_1_a", _("no longer needed, Art. 17(1)(a)")
    WITHDRAWN = "17_1_b", _("consent withdrawn, no other basis, Art. 17(1)(b)")
    OBJECTED = "17_1_c", _("objection, Art. 17(1)(c)")
    UNLAWFUL = "17_1_d", _("processed unlawfully, Art. 17(1)(d)")
    MUST_ERASE = "17_1_e", _("erasure is a legal duty, Art. 17(1)(e)")
    CHILD = "17_1_f", _("service for a child, Art. 17(1)(f)")
    DISPUTED = "18_1_a", _("accuracy disputed, Art. 18(1)(a)")
    UNLAWFUL_KEPT = "18_1_b", _("unlawful, and the person prefers a restriction, Art. 18(1)(b)")
    CLAIMS = "18_1_c", _("the person needs the data for claims, Art. 18(1)(c)")
    WEIGHING = "18_1_d", _("objection being weighed, Art. 18(1)(d)")


WITHOUT_IDENTITY: Final = (RefusalReason.IDENTITY_NOT_PROVEN, RefusalReason.SUSPECTED_FRAUD)
"""The reasons for which a case may be refused while we wait for identification."""


class Outcome(models.Model):
    """What is decided about one right and one category of data; a refusal names its reason and justifies it (12(4))."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    asked = models.ForeignKey(AskedRight, models.CASCADE, related_name="outcomes", db_index=False)
    category = models.CharField(_("category of data"), max_length=12, choices=DataCategory)
    decision = models.CharField(_("decision"), max_length=8, choices=Decision)
    reason = models.CharField(_("reason"), max_length=30, choices=RefusalReason, blank=True)
    ground = models.CharField(_("ground"), max_length=6, choices=Ground, blank=True)
    justification = models.TextField(_("justification"), blank=True)
    keep_until_on = models.DateField(_("kept until"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), editable=False)
    decided_by = models.UUIDField(_("decided by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("justification",),
        technical=(
            "id",
            "asked",
            "category",
            "decision",
            "reason",
            "ground",
            "keep_until_on",
            "decided_at",
            "decided_by",
        ),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """One for each right and category; no refusal without a reason."""

        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["asked", "category"], name="outcome_once"),
            models.CheckConstraint(
                condition=Q(decision="refused") & ~Q(reason="") & ~Q(justification="")
                | ~Q(decision="refused") & Q(reason=""),
                name="outcome_refusal_has_reason",
                violation_error_message=_("A refusal needs a reason and its justification."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.category}"


class TaskState(models.TextChoices):
    """How far a step has come. A running one is never started a second time."""

    PENDING = "pending", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class ExecutionTask(models.Model):
    """One step in carrying out a right, by the program or by hand: `kind` names it in the right's procedure.

    `target` is the id of what the step is about (a match, a recipient), where it is about one thing. `result` holds
    counts and codes, never a value of a person. What cannot be undone waits with `after_approval` for the second
    person. A failed one is tried again, or explained by staff, and keeps nobody else waiting.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    asked = models.ForeignKey(AskedRight, models.CASCADE, related_name="tasks", db_index=False)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    kind = models.CharField(_("step"), max_length=40)
    target = models.UUIDField(null=True, editable=False)
    by_hand = models.BooleanField(_("done by hand"), default=False, editable=False)
    after_approval = models.BooleanField(_("only after approval"), default=False, editable=False)
    state = models.CharField(_("state"), max_length=7, choices=TaskState, default=TaskState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    claimed_at = models.DateTimeField(_("begun at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)
    result = models.JSONField(_("result"), default=dict, editable=False)
    error = models.CharField(_("error"), max_length=80, blank=True, editable=False)
    explanation = models.TextField(_("explanation"), blank=True)
    finished_by = models.UUIDField(_("finished by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("explanation",),
        technical=(
            "id",
            "asked",
            "round",
            "position",
            "kind",
            "target",
            "by_hand",
            "after_approval",
            "state",
            "attempts",
            "claimed_at",
            "finished_at",
            "result",
            "error",
            "finished_by",
        ),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """In the order of the procedure; each step once for its target."""

        verbose_name = _("execution task")
        verbose_name_plural = _("execution tasks")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asked", "round", "kind"], condition=Q(target__isnull=True), name="task_once"
            ),
            models.UniqueConstraint(
                fields=["asked", "round", "kind", "target"],
                condition=Q(target__isnull=False),
                name="task_once_for_target",
            ),
            models.CheckConstraint(
                condition=Q(state="done", finished_at__isnull=False) | ~Q(state="done"), name="task_done_has_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_irrevocable(self) -> bool:
        """Whether it waited for the second person, and is under way or done since."""
        return self.after_approval and self.state in (TaskState.RUNNING, TaskState.DONE)


def of_request(request: RightsRequest) -> models.QuerySet[ExecutionTask, ExecutionTask]:
    """The steps of every right of a request, of its present round."""
    return ExecutionTask.objects.filter(asked__request=request, round=request.round)
