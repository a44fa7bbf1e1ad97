"""What we write to a person, in their language: subject, text, and the paragraphs the text has.

The texts are templates under `templates/dsar/letters/`; the first line is the subject.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from config.models import Controller
from consent.wording import spoken
from dsar.models import RightsRequest


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it will leave. `parts` are the codes of the paragraphs it must not lose."""

    subject: str
    body: str
    language: str
    parts: tuple[str, ...] = ()


@contextmanager
def speaking(request: RightsRequest) -> Iterator[str]:
    """In the language of the answer."""
    language = spoken(request.language)
    with translation.override(language):
        yield language


def write(request: RightsRequest, template: str, *, parts: tuple[str, ...] = (), **context: Any) -> Letter:
    """Fill a letter template for a request."""
    with speaking(request) as language:
        known = {"case": request, "controller": Controller.objects.first(), "rights": list(request.asked.all())}
        text = render_to_string(f"dsar/letters/{template}.txt", {**known, **context}).strip()
    subject, _line, body = text.partition("\n")
    return Letter(subject.strip(), body.strip() + "\n", language, parts)


def receipt(request: RightsRequest, due: date, link: str = "") -> Letter:
    """The acknowledgement: our reference and the day by which we answer; with a link to confirm the address."""
    return write(request, "receipt", due=due, link=link)


def identity(request: RightsRequest, link: str, code: str, until: date) -> Letter:
    """To an address on file: the link and the code that prove it is the person's."""
    return write(request, "identity", link=link, code=code, until=until)


def who_are_you(request: RightsRequest, question: str) -> Letter:
    """To somebody we cannot find: what we need to know, and that a copy of an identity card is not wanted."""
    return write(request, "who_are_you", question=question)


def clarification(request: RightsRequest, question: str) -> Letter:
    """Our question about what is meant."""
    return write(request, "clarification", question=question)


def reminder(request: RightsRequest, question: str, until: date) -> Letter:
    """The one reminder of a question, with the day on which the case lapses."""
    return write(request, "reminder", question=question, until=until)


def extension(request: RightsRequest, reason: str, due: date) -> Letter:
    """Why it takes longer, and until when (Art. 12(3))."""
    return write(request, "extension", reason=reason, due=due)


def lapsed(request: RightsRequest) -> Letter:
    """Nobody answered: the case is closed, and can be taken up again."""
    return write(request, "lapsed")


def to_recipient(request: RightsRequest, template: str, name: str, references: Sequence[str]) -> Letter:
    """To a recipient of the data (Art. 19): our references, under which it got them, and what became of the data."""
    return whole(request, template, name=name, references=references)


def lifting(request: RightsRequest, why: str) -> Letter:
    """To the person, before a restriction is lifted (Art. 18(3))."""
    return whole(request, "lifting", why=why)


def whole(request: RightsRequest, template: str, **context: Any) -> Letter:
    """Fill a letter that is a template of its own in each language."""
    with speaking(request) as language:
        known = {"case": request, "controller": Controller.objects.first(), **context}
        text = render_to_string(f"dsar/answers/{language}/{template}.txt", known).strip()
    subject, _line, body = text.partition("\n")
    return Letter(subject.strip(), body.strip() + "\n", language)
