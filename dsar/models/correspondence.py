"""What was written to and fro: messages, attachments, and dealings with the authority."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.personal_data import OnErasure, PersonalData
from dsar.models.requests import CASE_FILE, RightsRequest


class Direction(models.TextChoices):
    """Which way a message went."""

    IN = "in", _("received")
    OUT = "out", _("sent")


class MessageKind(models.TextChoices):
    """What a message is for."""

    REQUEST = "request", _("the request")
    RECEIPT = "receipt", _("acknowledgement")
    IDENTITY = "identity", _("asking for identification")
    CLARIFICATION = "clarification", _("asking for a clarification")
    REMINDER = "reminder", _("reminder of a question")
    EXTENSION = "extension", _("notice of the extension")
    ANSWER = "answer", _("answer")
    CLOSING = "closing", _("closing letter")
    RECIPIENT = "recipient", _("to a recipient of the data")
    AUTHORITY = "authority", _("with the supervisory authority")
    LIFTING = "lifting", _("notice before a restriction is lifted")
    OTHER = "other", _("other")


class MessageState(models.TextChoices):
    """How far an outgoing message has come. "Unclear": the program died while the mail server had it."""

    DRAFT = "draft", _("draft")
    QUEUED = "queued", _("waiting to be sent")
    SENDING = "sending", _("unclear: being sent when the program stopped")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not delivered to the mail server")
    FILED = "filed", _("filed")


class Carrier(models.TextChoices):
    """How a message travels."""

    EMAIL = "email", _("e-mail")
    LETTER = "letter", _("letter")
    PHONE = "phone", _("phone")
    FORM = "form", _("public form")


class Message(models.Model):
    """One message of a case. What we send by e-mail waits in this table: it is the queue of record.

    With a `match` it goes to the address which that contact has on file, as answers do; without one to the requester's
    own. The address itself is never stored twice. `parts` are the codes of the paragraphs a letter must have: "reason",
    "complaint" and "remedy" in a refusal (Art. 12(4)). `recipient_id` is whom of the recipients it tells (Art. 19), and
    `parts` then what of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="messages")
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    kind = models.CharField(_("kind"), max_length=13, choices=MessageKind)
    carrier = models.CharField(_("sent by way of"), max_length=6, choices=Carrier, default=Carrier.EMAIL)
    match = models.ForeignKey(
        "dsar.Match",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("to the address of"),
    )
    matter = models.ForeignKey("dsar.AuthorityMatter", models.CASCADE, null=True, blank=True, related_name="messages")
    recipient_id = models.UUIDField(null=True, editable=False)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    parts = models.CharField(max_length=120, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=2, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=8, choices=MessageState, default=MessageState.FILED)
    created_at = models.DateTimeField(_("written at"))
    sent_at = models.DateTimeField(_("sent or received at"), null=True)
    author_id = models.UUIDField(_("written by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("subject", "body"),
        technical=(
            "id",
            "request",
            "direction",
            "kind",
            "carrier",
            "match",
            "matter",
            "recipient_id",
            "round",
            "parts",
            "language",
            "state",
            "created_at",
            "sent_at",
            "author_id",
        ),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """In the order they were written."""

        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["created_at"], condition=models.Q(state__in=("queued", "sending")), name="message_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Attachment(models.Model):
    """A file of a case: what the person sent, what we answer with.

    The file lies encrypted at `path` below the folder of uploads, its own key sealed with the export key in
    `sealed_key`; destroying the key destroys the file, in every backup.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="attachments")
    name = models.CharField(_("file name"), max_length=150)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64, editable=False)
    path = models.CharField(max_length=120, editable=False)
    sealed_key = models.BinaryField(null=True, editable=False)
    added_at = models.DateTimeField(_("added at"), editable=False)
    added_by = models.UUIDField(_("added by"), null=True, editable=False)
    destroyed_at = models.DateTimeField(_("destroyed at"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("name",),
        technical=(
            "id",
            "request",
            "message",
            "content_type",
            "size",
            "sha256",
            "path",
            "sealed_key",
            "added_at",
            "added_by",
            "destroyed_at",
        ),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """In the order they came."""

        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["added_at", "id"]

    def __str__(self) -> str:
        return called(self)


class AuthorityMatter(models.Model):
    """The person complained to a supervisory authority, or one wrote to us about the case (S138, S139; Art. 77)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="authority_matters")
    authority = models.CharField(_("authority"), max_length=200)
    their_reference = models.CharField(_("their reference"), max_length=100, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    answer_by_on = models.DateField(_("answer wanted by"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    note = models.TextField(_("what it is about"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("note",),
        organisational=("authority",),
        technical=("id", "request", "their_reference", "opened_at", "answer_by_on", "closed_at"),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """Newest first."""

        verbose_name = _("matter with the authority")
        verbose_name_plural = _("matters with the authority")
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return called(self)
