"""Lists of a table with a million rows: never a count of all of it, never a deep OFFSET, never a query per row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import IntegerField, Subquery
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst

MOST_PAGES = 200
"""Nobody reads further; whoever needs a row beyond narrows the search."""

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


class CappedCount(Subquery):
    """How many rows a sliced query set has, as a number inside another statement."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


class CappedPaginator(_Paginator):
    """Pages of which there are at most MOST_PAGES; `more` says that rows lie beyond."""

    @property
    def cap(self) -> int:
        """The number of rows on all pages together."""
        return MOST_PAGES * self.per_page

    @cached_property
    def found(self) -> int:
        """How many rows there are, not counting further than one beyond the cap."""
        rows: Any = self.object_list
        return len(rows) if isinstance(rows, list) else int(rows[: self.cap + 1].count())

    @property
    def count(self) -> int:
        """How many rows the pages show."""
        return min(self.found, self.cap)

    @property
    def more(self) -> bool:
        """Whether there are rows that no page shows."""
        return self.found > self.cap


class PagedList(ChangeList):
    """A list that asks for its page and the capped count in one statement."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_popup:
            self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page asked for, or the last one there is."""
        paginator: Any = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        self.page_num = min(max(self.page_num, 1), MOST_PAGES)
        rows = self.page(self.page_num, paginator.cap)
        if rows:
            paginator.found = rows[0].rows_found
        elif self.page_num == 1:
            paginator.found = 0
        elif paginator.count:
            self.page_num = paginator.num_pages
            rows = self.page(self.page_num, paginator.cap)
        self.paginator = paginator
        self.result_list = rows
        self.result_count = paginator.count
        self.multi_page = paginator.num_pages > 1
        self.full_result_count = None
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = False

    def page(self, number: int, cap: int) -> list[Any]:
        """The rows of one page; each of them also knows how many rows were found."""
        chosen: Any = self.queryset
        counted = chosen.annotate(rows_found=CappedCount(chosen.order_by().values("pk")[: cap + 1]))
        start = (number - 1) * self.list_per_page
        return list(counted[start : start + self.list_per_page])
