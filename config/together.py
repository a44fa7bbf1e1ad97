"""Several short questions in one statement: how many rows there are of each kind, or whether there is any.

A query set that is cut short cannot be asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from config.sql import compiled

Name = TypeVar("Name")


def counts(asked: Mapping[Name, QuerySet[Any, Any]]) -> dict[Name, int]:
    """How many rows each query set has."""
    return {name: int(number) for name, number in _ask("(SELECT COUNT(*) FROM ({}) AS counted)", "0", asked).items()}


def filled(asked: Mapping[Name, QuerySet[Any, Any]]) -> set[Name]:
    """The query sets, by their names, that have any row."""
    return {name for name, yes in _ask("EXISTS ({})", "(1 = 0)", asked).items() if yes}


def _ask(question: str, of_nothing: str, asked: Mapping[Name, QuerySet[Any, Any]]) -> dict[Name, Any]:
    """The answer about each query set; `of_nothing` stands for one that Django knows to be empty."""
    if not asked:
        return {}
    parts: list[str] = []
    params: tuple[Any, ...] = ()
    for rows in asked.values():
        try:
            sql, own = compiled(rows.order_by().values("pk"))
        except EmptyResultSet:
            parts.append(of_nothing)
            continue
        parts.append(question.format(sql))
        params += own
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return dict(zip(asked, cursor.fetchone(), strict=True))


__all__ = ["counts", "filled"]
