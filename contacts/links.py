"""How pages about evidence name a contact, and ask for one: by reference, so that such a list is no list of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import Audited
from contacts.filters import search
from contacts.models import Contact

if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[Contact]
else:
    _ModelChoiceField = forms.ModelChoiceField


class AboutContact(Audited):
    """Pages of a model with a link to a contact: `person` shows it, as a link for whoever may open it."""

    list_select_related: ClassVar[tuple[str, ...]] = ("contact",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows, which also know whether the account may open a contact."""
        may_open = request.user.has_perm("contacts.view_contact")
        rows: QuerySet[Any] = super().get_queryset(request).annotate(may_open=Value(may_open))
        return rows

    @admin.display(description=gettext_lazy("contact"))
    def person(self, row: Any) -> SafeString | str:
        """The contact by reference; nobody once the person was erased."""
        if row.contact is None:
            return _("erased")
        if not row.may_open:
            return str(row.contact.reference)
        url = reverse("admin:contacts_contact_change", args=[row.contact_id])
        return format_html('<a href="{}">{}</a>', url, row.contact.reference)


class FoundByContact(AboutContact):
    """Lists searched by the person a row is about, and by whatever else a list is `also_found_by`."""

    search_fields = ("contact__reference",)
    search_help_text = gettext_lazy("An e-mail address, a name, or a reference.")

    def also_found_by(self, text: str) -> Q:
        """Rows that are meant by the text although the contact is not."""
        return Q()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows about the persons meant, and the others that are."""
        text = search_term.strip()
        if not text:
            return queryset, False
        people = search(Contact.objects.all(), text).values("pk")
        return queryset.filter(Q(contact__in=people) | self.also_found_by(text)), False


class ContactField(_ModelChoiceField):
    """A contact by what somebody knows of them: a reference, or a whole address."""

    widget = AdminTextInputWidget

    def to_python(self, value: Any) -> Contact | None:
        """The one contact meant. Raises ValidationError for nobody, and for more than one."""
        text = str(value or "").strip()
        if not text:
            return None
        found = list(search(Contact.objects.all(), text)[:2])
        if not found:
            raise ValidationError(_("No contact has this reference or address."))
        if len(found) > 1:
            raise ValidationError(_("More than one contact fits. Enter the reference, such as C-7K3M9Q."))
        return found[0]
