"""The sources of the data."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import Audited
from config.admin_site.filters import choice_filter
from contacts.models import Source
from contacts.models.provenance import SourceKind


@admin.register(Source)
class SourceAdmin(Audited):
    """Places the data comes from."""

    list_display = ("code", "name", "kind", "supplier", "contacts")
    list_filter = (choice_filter("kind", SourceKind.choices, gettext_lazy("kind")),)
    search_fields = ("code__istartswith", "name__istartswith", "supplier__istartswith")
    search_help_text = gettext_lazy("The beginning of a code, a name or a supplier.")

    @admin.display(description=gettext_lazy("contacts"))
    def contacts(self, source: Source) -> SafeString:
        url = reverse("admin:contacts_contact_changelist", query={"source": source.code})
        return format_html('<a href="{}">{}</a>', url, _("show"))
