"""What the tests of retention share."""

from __future__ import annotations

from pathlib import Path

import pytest

from retention import journal, purge
from tests.retention.journals import FIRST, NOVEMBER, OCTOBER, SECOND, erase_some, problems
from tests.retention.traces import journal_entries


@pytest.fixture
def written(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two months of the journal, written in chunks of five."""
    monkeypatch.setattr(purge, "CHUNK", 5)
    erase_some(FIRST, OCTOBER)
    erase_some(SECOND, NOVEMBER)
    paths = journal.segments()
    assert [path.name for path in paths] == ["journal-2026-10.jsonl", "journal-2026-11.jsonl"]
    assert len(journal_entries()) == FIRST + SECOND
    assert problems() == []
    return paths
