"""Prospects that became customers or partners, and taking that back (S21, S42)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.admin_site.accounts import username
from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import ReadOnlyAdmin
from config.dates import now
from config.models import Actor
from contacts import conversions
from contacts.admin.previews import last_days, moves_between, summary
from contacts.manual import people_of
from contacts.models import Conversion


def take_back(request: HttpRequest, conversion: Conversion) -> str:
    """Take a conversion back."""
    people = conversions.take_back(conversion, actor=Actor.person(request.user), at=now())
    text = ngettext(
        "Taken back: the agreement counts as one that never ran. The dates of %(count)d contact were computed anew.",
        "Taken back: the agreement counts as one that never ran. The dates of %(count)d contacts were computed anew.",
        people,
    )
    return text % {"count": people}


def preview(conversion: Conversion) -> dict[str, Any]:
    """Whose last day would move, by taking the conversion back and rolling back."""
    if reason := conversions.why_not(conversion, now()):
        return {"refusal": reason}
    people = people_of([conversion.organisation_id])
    before = last_days(people)
    with transaction.atomic():
        conversions.take_back(conversion, actor=Actor.task(), at=now())
        after = last_days(people)
        transaction.set_rollback(True)
    return summary(moves_between(before, after))


@admin.register(Conversion)
class ConversionAdmin(ActingAdmin, ReadOnlyAdmin):
    """When an organisation became a customer or partner, and how many of its people we knew before."""

    list_display = ("organisation", "converted_on", "contacts", "recorded_at", "state")
    list_select_related = ("organisation", "agreement")
    sortable_by = ()
    fields = ("organisation", "agreement", "converted_on", "contacts", "recorded_at", "account", "state")
    acts = (
        Act(
            name="undo",
            title=gettext_lazy("Take back"),
            permission="contacts.change_conversion",
            template="admin/contacts/conversion_undo.html",
            do=take_back,
            possible=lambda conversion: conversion.reversed_at is None,
            refusal=gettext_lazy("This was taken back already."),
            context=preview,
        ),
    )

    @admin.display(description=gettext_lazy("recorded by"))
    def account(self, conversion: Conversion) -> str:
        return username(conversion.recorded_by)

    @admin.display(description=gettext_lazy("state"))
    def state(self, conversion: Conversion) -> str:
        if conversion.reversed_at:
            return _("taken back on %(day)s") % {"day": date_format(conversion.reversed_at, "SHORT_DATE_FORMAT")}
        day = date_format(conversion.undo_until, "SHORT_DATE_FORMAT")
        return _("can be taken back until %(day)s") % {"day": day}
