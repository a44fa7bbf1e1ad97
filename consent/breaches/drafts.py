"""Drafts about a breach: the notification to the authority, and the letter to the people (Art. 33(3), 34(2))."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from config.models import Controller
from consent.breaches import handling
from consent.models import Breach
from consent.models.breaches import BreachNature
from consent.models.purposes import Category


def drafts(breach: Breach, at: datetime) -> list[tuple[str, str]]:
    """(title, text) of every draft with what is known at `at`: the authority's first, then the letter by language.

    What is written about a breach stays in the language it was entered in; whoever sends a letter reads it first.
    """
    title = _("Letter to the people, %(language)s")
    letters = [(title % {"language": name}, letter(breach, code)) for code, name in settings.LANGUAGES]
    return [(_("Notification to the authority"), to_authority(breach, at)), *letters]


def to_authority(breach: Breach, at: datetime) -> str:
    """The notification with everything that Art. 33(3) asks for; what is missing is said to follow in a later phase."""
    context = _known(breach) | {
        "late": at > breach.notify_by,
        "people": breach.people.count() or breach.people_estimated,
        "phase": breach.notified_at is not None,
        "hours_late": -handling.hours_left(breach, at),
    }
    return render_to_string("consent/breach_authority.txt", context)


def letter(breach: Breach, language: str) -> str:
    """The letter in plain words, in one of our languages (Art. 34(2))."""
    with translation.override(language):
        return render_to_string("consent/breach_letter.txt", _known(breach))


def _known(breach: Breach) -> dict[str, object]:
    return {
        "breach": breach,
        "controller": Controller.objects.first(),
        "natures": [str(BreachNature(one).label) for one in breach.natures],
        "categories": [str(Category(one).label) for one in breach.categories],
    }
