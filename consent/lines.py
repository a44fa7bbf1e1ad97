"""CSV files that are handed out: in UTF-8 with the mark that spreadsheets need, and safe against formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import IO, Any, Final
from uuid import UUID

from contacts.formats.cells import escaped

BLOCK: Final = 256 * 1024


Seen = Callable[[list[UUID]], None]
"""Gets the ids of the people in a file, part by part, before the file is handed over."""


def unseen(ids: list[UUID]) -> None:
    """What a file that no account looks at does with them: nothing, its record is proof enough."""


class Lines:
    """Lines of CSV on their way into a file or an answer, in blocks; `seen` hears whom each shows."""

    def __init__(self, seen: Seen = unseen) -> None:
        self.seen, self.ids = seen, list[UUID]()
        self.text = io.StringIO("\ufeff")
        self.text.seek(0, io.SEEK_END)
        self.writer = csv.writer(self.text)

    def add(self, cells: Iterable[Any], *ids: UUID) -> None:
        """One more line, about these contacts."""
        self.ids += ids
        self.writer.writerow([escaped(str(cell or "")) for cell in cells])

    @property
    def full(self) -> bool:
        """Whether a block is ready to be taken."""
        return self.text.tell() > BLOCK

    def take(self) -> bytes:
        """What has been added since the last time."""
        self.seen(self.ids)
        self.ids = []
        block = self.text.getvalue().encode()
        self.text.seek(0)
        self.text.truncate()
        return block

    def into(self, file: IO[bytes], digest: Any) -> None:
        """Write what has been added into the file and its digest."""
        block = self.take()
        file.write(block)
        digest.update(block)
