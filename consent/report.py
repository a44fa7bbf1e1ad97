"""The row report of a preview: one CSV line for each row of the file, without a personal value."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from consent.intake.outcome import RowOutcome
from contacts.formats.cells import escaped
from contacts.formats.problems import UnreadableFile


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(outcomes: Iterable[RowOutcome], language: str) -> Iterator[str]:
    """The report, line by line, in a language and with the separator its spreadsheets expect.

    It is read while the answer is sent, when nobody else chooses the language any more. A file that disappears
    meanwhile ends the report with a line that says so.
    """
    with translation.override(language):
        writer: Any = csv.writer(_Line(), delimiter="," if language.startswith("en") else ";")
        yield "\ufeff" + writer.writerow([_("line"), _("decision"), _("column"), _("reason"), _("what to do")])
        try:
            for row in outcomes:
                cells = (row.decision.label, row.column, row.reason, row.remedy)
                yield writer.writerow([row.line, *(escaped(str(cell)) for cell in cells)])
        except UnreadableFile as problem:
            yield writer.writerow(["", "", "", escaped(str(problem)), ""])
