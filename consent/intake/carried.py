"""What the earlier chunks of a preview would have left behind, for the chunks that follow.

A run finds it in the database. A preview rolls every chunk back, so that it holds no lock while a long file is read;
what a chunk decided is kept here instead and looked up by key.
"""

from __future__ import annotations

import json
import pickle
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any


class Carried:
    """States by kind and key, in bounded memory.

    SQLite's nameless database spills into a file that has no name and vanishes with the process: nothing personal stays
    behind, however the preview ends.
    """

    def __init__(self) -> None:
        self._store = sqlite3.connect("", check_same_thread=False)  # an answer that streams may change its thread
        self._store.execute("CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")

    def keep(self, kind: str, states: Mapping[Any, Any]) -> None:
        """Remember the present state of each key."""
        rows = ((f"{kind} {key}", pickle.dumps(state, pickle.HIGHEST_PROTOCOL)) for key, state in states.items())
        self._store.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", rows)

    def recall(self, kind: str, keys: Iterable[Any]) -> dict[Any, Any]:
        """The states of those of the keys that have one."""
        asked = {f"{kind} {key}": key for key in keys}
        rows = self._store.execute(
            "SELECT key, value FROM state WHERE key IN (SELECT value FROM json_each(?))", [json.dumps(list(asked))]
        )
        return {asked[key]: pickle.loads(state) for key, state in rows}  # noqa: S301 (only `keep` has written it)
