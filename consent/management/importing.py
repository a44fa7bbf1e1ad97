"""What the three import commands have in common: read a file, decide, print counts, write the report."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from config.dates import now
from config.models import Actor
from config.models.audit import ActorKind
from consent.intake import batches, uploads
from consent.intake.outcome import RowOutcome
from consent.models import ImportBatch
from consent.models.airlock import Decision, ImportKind, ImportState
from contacts.formats.problems import UnreadableFile
from contacts.formats.vendors import Format

LISTED = 20
READ_SIZE = 1024 * 1024


class ImportCommand(BaseCommand):
    """Import one file through the airlock: exit 0 when every row was decided, 1 when the file cannot be read."""

    kind: ImportKind

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and what is not written when only trying."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=["auto", *Format], default="auto")
        parser.add_argument("--source", default="", help="code of the source, for rows that name none")
        parser.add_argument("--dry-run", action="store_true", help="decide about every row, write nothing")
        parser.add_argument("--report", type=Path, help="write one CSV line for each row: line, decision, reason")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the file through the airlock and say what became of its rows."""
        _try_open(options["file"], "rb")
        if options["report"] and options["report"].resolve() == options["file"].resolve():
            raise CommandError(_("The report would overwrite the file. Give it another name."))
        _try_open(options["report"], "w")
        shown: list[RowOutcome] = []
        with options["report"].open("w", encoding="utf-8", newline="") if options["report"] else nullcontext() as out:
            writer = csv.writer(out) if out else None
            if writer:
                writer.writerow(["line", "decision", "column", "reason", "remedy"])

            def report(row: RowOutcome) -> None:
                if writer:
                    writer.writerow([row.line, row.decision, row.column, row.reason, row.remedy])
                if row.decision in (Decision.REJECTED, Decision.QUARANTINED) and len(shown) < LISTED:
                    shown.append(row)

            counts = (self._try if options["dry_run"] else self._import)(options, report)
        self._print(counts, shown)

    def _import(self, options: dict[str, Any], report: batches.Report) -> dict[str, int]:
        batch = uploads.receive(
            _pieces(options["file"]),
            kind=self.kind,
            file_name=options["file"].name,
            format_name=options["format"],
            source_code=options["source"],
        )
        batches.run(batch, Actor(ActorKind.IMPORT), now(), report=report, progress=self._progress)
        if batch.state == ImportState.FAILED:
            raise CommandError(batch.problem)
        if batch.state == ImportState.RUNNING:
            raise CommandError(_("Another worker goes on with this file; the imports page shows how far it is."))
        return dict(batch.counts)

    def _try(self, options: dict[str, Any], report: batches.Report) -> dict[str, int]:
        """Decide with a batch that is never stored; the copy of the file goes at once."""
        batch = ImportBatch(
            kind=self.kind,
            format=options["format"],
            source_code=options["source"],
            file_name=options["file"].name,
        )
        try:
            uploads.store(batch, _pieces(options["file"]))
            return dict(batches.tried(batch, now(), report=report)["counts"])
        except UnreadableFile as problem:
            raise CommandError(str(problem)) from None
        finally:
            uploads.discard(batch)

    def _print(self, counts: dict[str, int], shown: list[RowOutcome]) -> None:
        for decision in Decision:
            self.stdout.write(f"{decision.value:<12}{counts.get(decision, 0):>9}")
        for row in shown:
            place = _("line %(line)s") % {"line": row.line} + (f", {row.column}" if row.column else "")
            self.stdout.write(f"{place}: {row.decision}: {row.reason} {row.remedy}".rstrip())

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done}/{total} ", ending="\n" if done >= total else "")


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces, so that one of any size takes little memory."""
    with path.open("rb") as handle:
        while piece := handle.read(READ_SIZE):
            yield piece


def _try_open(path: Path | None, mode: str) -> None:
    """Raises CommandError when a file cannot be read or written, before anything else happens."""
    try:
        if path is not None:
            path.open(mode).close()
    except OSError as problem:
        raise CommandError(
            _("%(file)s cannot be opened: %(why)s") % {"file": path, "why": problem.strerror}
        ) from problem
