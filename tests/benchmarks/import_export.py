"""django-import-export's best on the bench's file: bulk, no diffs, no copy of each row, all known contacts read at once.

It gets the file without the doubles, which its bulk mode cannot take, and writes contacts alone: no organisation, no
provenance, no suppression list. Run in a process of its own: `python -m tests.benchmarks.import_export FILE ROWS`.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import django

django.setup()

from import_export.instance_loaders import CachedInstanceLoader  # noqa: E402
from import_export.resources import ModelResource  # noqa: E402
from tablib import Dataset  # noqa: E402

from contacts.identity import email_key  # noqa: E402
from contacts.models import Contact  # noqa: E402

FIELDS = ("email", "first_name", "last_name", "job_title", "phone", "language", "country", "city", "collected_on")


class People(ModelResource):  # type: ignore[misc]
    """The columns of the bench's file that are fields of a contact."""

    class Meta:
        """Everything its documentation names as faster."""

        model = Contact
        fields = ("email_key", *FIELDS)
        import_id_fields = ("email_key",)
        instance_loader_class = CachedInstanceLoader
        use_bulk = True
        batch_size = 1_000
        skip_diff = True
        skip_html_diff = True
        use_transactions = True

    def before_save_instance(self, instance: Any, row: Any, **_kwargs: Any) -> None:
        """The columns that must not be empty, and are given out by what bulk mode goes round."""
        if instance._state.adding:
            instance.reference = f"N-{row['number']}"


def main(path: Path, rows: int) -> None:
    """Import the first rows and print the seconds for as many as there were without doubles."""
    with path.open(encoding="utf-8") as handle:
        data = Dataset().load("".join(islice(handle, rows + 1)), format="csv")
    keys: dict[str, list[str]] = {email_key(row["email"]): [row[name] for name in FIELDS] for row in data.dict}
    wanted = Dataset(headers=["number", "email_key", *FIELDS])
    for number, (key, cells) in enumerate(keys.items()):
        wanted.append([str(number), key, *cells])
    started = time.perf_counter()
    result = People().import_data(wanted, raise_errors=True)
    print(json.dumps({"seconds": time.perf_counter() - started, "rows": len(keys), "totals": result.totals}))


main(Path(sys.argv[1]), int(sys.argv[2]))
