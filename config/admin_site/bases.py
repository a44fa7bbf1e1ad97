"""Base classes of every model's admin pages: audited, impersonal in the log, without deletion."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import BaseModelAdmin, get_content_type_for_model
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_countries.fields import CountryField

from config.admin_site.lists import CappedPaginator, PagedList
from config.admin_site.widgets import CountrySelect, SearchSelect
from config.models import Actor, AuditEvent

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
    _StackedInline = admin.StackedInline[Any, Any]
    _BaseModelAdmin = BaseModelAdmin[Any]
else:
    _ModelAdmin, _BaseModelAdmin = admin.ModelAdmin, object
    _TabularInline, _StackedInline = admin.TabularInline, admin.StackedInline

logger = logging.getLogger(__name__)


class Change(list[Any]):
    """Django's own change message, which also carries the names of the changed fields for the audit trail."""

    def __init__(self, message: Iterable[Any], names: Iterable[str]) -> None:
        super().__init__(message)
        self.names = sorted(set(names))


def changed_names(form: Any, formsets: Iterable[Any]) -> list[str]:
    """The names of the changed fields, those of related rows with their model before them; never a value."""
    related = [
        f"{one._meta.model.__name__.lower()}.{name}"
        for formset in formsets
        for one in formset.forms
        if one.has_changed()
        for name in one.changed_data
    ]
    return [*form.changed_data, *related]


class Searching(_BaseModelAdmin):
    """Search fields that say what they are, and countries."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A link is chosen by typing where the page says so."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A country is chosen out of a list that is made at once."""
        if isinstance(db_field, CountryField) and not db_field.multiple:
            kwargs.setdefault("widget", CountrySelect)
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class Audited(Searching, _ModelAdmin):
    """Lists in bounded time, one audit event for every change, and no way to delete.

    Only `retention/erasure.py` removes a person; everything else ends by a date or by its own clock.
    """

    actions = None
    list_per_page = 50
    list_max_show_all = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    view_on_site = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedList]:
        """Lists in bounded time."""
        return PagedList

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes here, whatever a group says."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Lock what a POST will change: a nightly run may be about to erase it, and must meet this writer."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        list(self.model._base_manager.filter(pk=found.pk).select_for_update().values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Somebody else may have taken an address, or a run erased the contact, since the form was checked."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (IntegrityError, ObjectDoesNotExist) as problem:
            if request.method != "POST":
                raise
            logger.warning("a form of %s met a change by somebody else: %s", self.opts.label, type(problem).__name__)
            message = _("Nothing was saved, because somebody else changed the same data meanwhile. Please look again.")
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Iterable[Any] | None, add: bool = False
    ) -> Change:
        """The message for the log, with the names of the fields for the audit trail."""
        message = super().construct_change_message(request, form, formsets or (), add)
        return Change(message, changed_names(form, formsets or ()))

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """One audit event and one line of the log, in the transaction of the change."""
        AuditEvent.record(
            Actor.person(request.user), gettext_noop("created"), obj, fields=getattr(message, "names", ())
        )
        return self._log(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """The same; a form sent unchanged is no event."""
        if names := getattr(message, "names", ()):
            AuditEvent.record(Actor.person(request.user), gettext_noop("changed"), obj, fields=names)
        return self._log(request, obj, CHANGE, message)

    def _log(self, request: HttpRequest, obj: Model, flag: int, message: Any) -> LogEntry:
        """Django's own log, which outlives the record: it names the record by its key and fields by their labels."""
        return LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type_id=get_content_type_for_model(obj).pk,
            object_id=obj.pk,
            object_repr=self.log_name(obj)[:200],
            action_flag=flag,
            change_message=json.dumps(message) if isinstance(message, list) else message,
        )

    def log_name(self, obj: Model) -> str:
        """How the log calls a record: by its key, because even an organisation may bear a person's name."""
        return f"{obj._meta.verbose_name} {obj.pk}"


class ReadOnlyAdmin(Audited):
    """Evidence: whoever may view it can read it, and nobody can change it here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Evidence is written by what it proves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Evidence is never changed."""
        return False


class ReadOnlyInline(_TabularInline):
    """Rows of evidence below the record they belong to."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Evidence is written by what it proves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Evidence is never changed."""
        return False


class DatedInline(Searching, _StackedInline):
    """Rows below a record that are added and corrected, and ended by a date instead of being deleted."""

    template = "admin/edit_inline/dated.html"
    extra = 0
    can_delete = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A row ends by its date."""
        return False
