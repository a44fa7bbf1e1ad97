"""Blacking out what is about others (Art. 15(4)) and withholding what was refused, each with its reason.

E-mail addresses that are not the person's, the full names of colleagues in the register, and the words staff named go
out of every free text. A category that was refused goes whole. Whatever is withheld is counted and listed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from config.models import Controller
from contacts.models import Contact
from dsar.models import AskedRight, Outcome, Redaction
from dsar.models.decisions import DataCategory, Decision
from dsar.package.tables import EMPTY, Cell, Subject, Table

BLACK: Final = "█████"
ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
MOST_COLLEAGUES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something the package leaves out: what, why in words, and how many values; refused whole, or blacked out."""

    what: str
    why: str
    count: int
    is_refused: bool = False


def withhold(tables: list[Table], subject: Subject, asked: AskedRight) -> tuple[list[Table], list[Withheld]]:
    """The tables without what was refused and with others blacked out, and the list of all that is missing."""
    refused = refusals(asked)
    kept, counts = _without(tables, frozenset(refused))
    found = [_refused(category, refused[category], count) for category, count in sorted(counts.items())]
    return kept, [*found, *_black_out(kept, subject, asked)]


def refusals(asked: AskedRight) -> dict[DataCategory, Outcome]:
    """The categories of data that were refused, each with its outcome: neither the copy nor a section shows them."""
    found = Outcome.objects.filter(asked=asked, decision=Decision.REFUSED)
    return {DataCategory(one.category): one for one in found if one.category in DataCategory}


def _without(tables: Iterable[Table], refused: frozenset[DataCategory]) -> tuple[list[Table], Counter[DataCategory]]:
    """The tables without the columns of the refused categories, and how many values that took away from each."""
    kept, gone = [], Counter[DataCategory]()
    for table in tables:
        stays = [number for number, one in enumerate(table.columns) if one.category not in refused]
        for number, column in enumerate(table.columns):
            if column.category in refused:
                gone[column.category] += sum(row[number] not in EMPTY for row in table.rows)
        if len(stays) == len(table.columns):
            kept.append(table)
        elif stays:
            rows = [[row[number] for number in stays] for row in table.rows]
            kept.append(Table(table.name, table.title, [table.columns[number] for number in stays], rows))
    return kept, gone


def _refused(category: DataCategory, outcome: Outcome, count: int) -> Withheld:
    why = f"{outcome.get_reason_display()}. {outcome.justification}"
    return Withheld(str(category.label), why, count, is_refused=True)


# Other persons --------------------------------------------------------------------------------------------------------


def _black_out(tables: Sequence[Table], subject: Subject, asked: AskedRight) -> list[Withheld]:
    """Black out others in the free texts of the tables, in place; returns what was blacked out."""
    texts = list(_free_texts(tables))
    if not texts:
        return []
    ours = Controller.objects.get().privacy_email.casefold()
    pen = Pen(
        subject.addresses | {ours},
        dict(Redaction.objects.filter(asked=asked).values_list("words", "why")),
        _names(subject),
    )
    for row, number in texts:
        row[number] = pen.over(str(row[number]))
    return list(pen.used())


class Pen:
    """Blacks out foreign addresses, names, and the words that staff named, each with its reason."""

    def __init__(self, own: frozenset[str], words: dict[str, str], names: Iterable[str]) -> None:
        self.own = own
        self.words = {one.casefold(): why for one, why in words.items()}
        self.pattern = _pattern([*words, *names])
        self.counts: Counter[str] = Counter()
        """How often each reason applied; "" stands for the rights of others."""

    def over(self, text: str) -> str:
        """The text with everything about others blacked out."""
        if "@" in text or "%40" in text:
            text = ADDRESS.sub(self._address, text)
        return self.pattern.sub(self._word, text) if self.pattern is not None else text

    def used(self) -> Iterator[Withheld]:
        """What was blacked out, one line for each reason."""
        for why, count in sorted(self.counts.items()):
            yield Withheld(_("names and addresses in free texts"), why or _("rights of others, Art. 15(4)"), count)

    def _address(self, hit: re.Match[str]) -> str:
        if hit[0].casefold().replace("%40", "@") in self.own:
            return hit[0]
        self.counts[""] += 1
        return BLACK

    def _word(self, hit: re.Match[str]) -> str:
        self.counts[self.words.get(hit[0].casefold(), "")] += 1
        return BLACK


def _free_texts(tables: Iterable[Table]) -> Iterator[tuple[list[Cell], int]]:
    for table in tables:
        for number, column in enumerate(table.columns):
            if column.is_free_text:
                yield from ((row, number) for row in table.rows if row[number])


def _names(subject: Subject) -> list[str]:
    """The full names of others in the register who work where the person does, or did."""
    mine = Contact.objects.filter(affiliations__organisation__affiliations__contact__in=subject.contacts)
    others = mine.exclude(pk__in=subject.contacts).exclude(first_name="").exclude(last_name="").order_by()
    pairs = others.values_list("first_name", "last_name").distinct()[:MOST_COLLEAGUES]
    return [f"{first} {last}" for first, last in pairs]


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted({re.escape(one) for one in words if one.strip()}, key=len, reverse=True)
    if not longest_first:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)
