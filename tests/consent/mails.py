"""Mail servers that misbehave, for the announcements of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

from django.core.mail.backends.locmem import EmailBackend


class PowerCutError(BaseException):
    """The worker is killed."""


class Refusing(EmailBackend):
    """Knows nobody of the domain "gone.example"."""

    def send_messages(self, messages: Sequence[Any]) -> int:
        for message in messages:
            if message.to[0].endswith("@gone.example"):
                raise SMTPRecipientsRefused({message.to[0]: (550, b"No such user")})
        return super().send_messages(messages)


class Dying(EmailBackend):
    """Accepts the mail to "last@example.org", and the worker dies before it can say so."""

    def send_messages(self, messages: Sequence[Any]) -> int:
        sent = super().send_messages(messages)
        if messages[0].to == ["last@example.org"]:
            raise PowerCutError
        return sent


class Absent(EmailBackend):
    """Does not answer at all; its complaint quotes an address."""

    def open(self) -> bool:
        raise SMTPServerDisconnected("anna@example.org")
