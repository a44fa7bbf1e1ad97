"""Values of many rows as one JSON list, for PostgreSQL and SQLite alike."""

from __future__ import annotations

from typing import Any

from django.db.models import Aggregate, JSONField
from django.db.models.sql.compiler import SQLCompiler


class JSONList(Aggregate):
    """Texts, or JSON objects, of many rows as one JSON list."""

    function = "jsonb_agg"
    output_field = JSONField()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """The same by another name."""
        return self.as_sql(compiler, connection, function="json_group_array", **context)


class IdList(JSONList):
    """Ids as a JSON list of texts, as Python writes them."""

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """SQLite keeps an id without its hyphens."""
        cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        parts = " || '-' || ".join(f"substr(%(expressions)s, {start}, {size})" for start, size in cuts)
        return super().as_sqlite(compiler, connection, template=f"%(function)s({parts})", **context)
