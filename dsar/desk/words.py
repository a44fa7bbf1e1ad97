"""The history of a case in words: what its codes mean."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.labels import label_of
from dsar.models import CaseEvent
from dsar.models.correspondence import MessageKind
from dsar.models.decisions import Decision, RefusalReason
from dsar.models.history import EventKind, ReminderKind
from dsar.models.matches import MatchState, Method
from dsar.models.requests import ReceivedBy, Right
from dsar.rights import PROCEDURES
from dsar.rights.rectification import CORRECTABLE

WORDS: Final = {
    str(value): label
    for choices in (
        Right,
        MessageKind,
        Method,
        ReceivedBy,
        ReminderKind,
        Decision,
        RefusalReason,
        MatchState,
    )
    for value, label in choices.choices
}
"""What the codes in a case's history mean."""

PHRASES: Final = {
    "added": gettext_lazy("added"),
    "again": gettext_lazy("done anew"),
    "answer edited": gettext_lazy("answer changed"),
    "approved": gettext_lazy("approved"),
    "built": gettext_lazy("built"),
    "closed": gettext_lazy("closed"),
    "correction": gettext_lazy("correction noted"),
    "destroyed": gettext_lazy("destroyed"),
    "explained": gettext_lazy("goes on without"),
    "fetched": gettext_lazy("fetched"),
    "letter written": gettext_lazy("letter written"),
    "nothing held": gettext_lazy("nothing held"),
    "opened": gettext_lazy("opened"),
    "opened by staff": gettext_lazy("opened by staff"),
    "proposed": gettext_lazy("proposed"),
    "received": gettext_lazy("received"),
    "redaction": gettext_lazy("words blacked out"),
    "restriction lifted": gettext_lazy("restriction lifted"),
    "retry": gettext_lazy("tried again"),
    "to another controller": gettext_lazy("to another controller"),
    "written to": gettext_lazy("written to"),
    "wrote": gettext_lazy("wrote"),
}
"""What is noted in whole phrases, and the words before a code."""


def sentence(event: CaseEvent) -> str:
    """One line of the history in words; ids say nothing to people and are left out."""
    if event.kind in (EventKind.MOVED, EventKind.REOPENED):
        return _("%(from)s → %(to)s") % {"from": event.get_from_status_display(), "to": event.get_to_status_display()}
    if event.subject in PHRASES:
        about = str(PHRASES[event.subject])
    else:
        about = " ".join(_word(event, word) for word in event.subject.split() if not _is_id(word))
    return f"{event.get_kind_display()}: {about}" if about else str(event.get_kind_display())


def _word(event: CaseEvent, word: str) -> str:
    """A word of a note: the title of a step, the name of a field, a code, or itself."""
    if event.kind == EventKind.TASK:
        for procedure in PROCEDURES.values():
            if word in procedure.titles:
                return str(procedure.titles[word])
    if event.subject.startswith("correction ") and word in CORRECTABLE:
        return label_of(word)
    return str(WORDS.get(word) or PHRASES.get(word) or word)


def _is_id(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True
