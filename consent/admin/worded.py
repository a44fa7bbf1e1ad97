"""Columns of stored codes, as people call them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy

from consent.words import channel_name, method_name, purpose_name


class Worded:
    """For the pages of evidence that says which purpose and channel it is about, and how it came."""

    @admin.display(description=gettext_lazy("purpose"))
    def about(self, row: Any) -> str:
        """The purpose, or that it is about all of them."""
        return purpose_name(row.purpose)

    @admin.display(description=gettext_lazy("channel"))
    def over(self, row: Any) -> str:
        """The channel, or that it is about all of them."""
        return channel_name(row.channel)

    @admin.display(description=gettext_lazy("method"))
    def how(self, row: Any) -> str:
        """How somebody told us, or was told."""
        return method_name(row.method)
