"""Django's admin as it comes, beside ours: what target 7 compares with. As a urlconf it serves both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.urls import path

from config.models import AuditEvent
from config.urls import urlpatterns as ours
from consent.models import DisclosureBatch
from contacts.models import Affiliation, Contact

if TYPE_CHECKING:
    _ModelAdmin = ModelAdmin[Any]
else:
    _ModelAdmin = ModelAdmin

site = AdminSite("plain")


class PlainContact(_ModelAdmin):
    """The same columns as ours, as one writes them."""

    list_display = ("reference", "first_name", "last_name", "organisation", "country", "kept_until")
    list_filter = ("country",)
    search_fields = ("email", "last_name")

    def organisation(self, contact: Contact) -> str:
        """The first employer, asked per row as one does."""
        link = contact.affiliations.first()
        return link.organisation.name if link else ""

    def kept_until(self, contact: Contact) -> object:
        """The due date, asked per row."""
        return contact.due.erase_on


class PlainAffiliation(_ModelAdmin):
    """The default form: the organisation as one select of all."""

    raw_id_fields = ("contact",)


site.register(Contact, PlainContact)
site.register(Affiliation, PlainAffiliation)
site.register(AuditEvent)  # every record's page has a link to its trail
site.register(DisclosureBatch)  # and every list of contacts one to share it

urlpatterns = [*ours, path("plain/", site.urls)]
