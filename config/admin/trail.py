"""Who did what, and who looked at whom: the audit trail and the read log."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config import references
from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import ChoiceFilter, TextFilter, choice_filter
from config.admin_site.words import counted, field_name, kind_of
from config.models import AccessEvent, AccessKind, AuditEvent, ReadingPurpose, User
from config.models.audit import ActorKind

MOST_LOOK_UPS = 10_000
"""How many look-ups of one record a list goes back."""


class RecordTypeFilter(ChoiceFilter):
    """Audit events about one kind of record."""

    title = _("record type")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        models = sorted(apps.get_models(), key=lambda model: str(model._meta.verbose_name).casefold())
        return [
            (model._meta.label, model._meta.verbose_name)
            for model in models
            if model_admin.admin_site.is_registered(model)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(model=self.value()) if self.value() else queryset


class AccountFilter(TextFilter):
    """Audit events by one account."""

    title = _("account")
    parameter_name = "account"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        accounts = User.objects.filter(username=self.value())
        return queryset.filter(actor_id__in=accounts.values("pk")) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what to which record: names of fields, never values."""

    list_display = ("at", "account", "done", "record", "fields_shown", "counts_shown")
    list_filter = (choice_filter("actor_kind", ActorKind.choices, _("by")), RecordTypeFilter, AccountFilter)
    fields = ("at", "actor_kind", "account", "done", "kind", "object_id", "batch", "fields_shown", "counts_shown")
    search_fields = ("object_id",)
    search_help_text = _(
        "The reference of a contact, also of one who was erased, or of a request; or the id of a record."
    )
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        names = User.objects.filter(pk=OuterRef("actor_id")).values("username")
        rows: QuerySet[AuditEvent] = super().get_queryset(request).annotate(username=Subquery(names))
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        if not search_term.strip():
            return queryset, False
        ids = references.ids_of(search_term.strip())
        return queryset.filter(Q(object_id__in=ids) | Q(batch__in=ids)), False

    @admin.display(description=_("by"))
    def account(self, event: Any) -> str:
        return str(event.username or event.get_actor_kind_display())

    @admin.display(description=_("action"), ordering="action")
    def done(self, event: AuditEvent) -> str:
        """What was done; the trail itself has it in English."""
        return gettext(event.action)

    @admin.display(description=_("record type"))
    def kind(self, event: AuditEvent) -> str:
        return kind_of(event.model)

    @admin.display(description=_("record"))
    def record(self, event: AuditEvent) -> SafeString:
        """The kind of record, and the id that stays when the record goes."""
        return format_html('{}<span class="second id">{}</span>', kind_of(event.model), event.object_id or "")

    @admin.display(description=_("fields"))
    def fields_shown(self, event: AuditEvent) -> str:
        return ", ".join(field_name(event.model, name) for name in event.fields)

    @admin.display(description=_("counts"))
    def counts_shown(self, event: AuditEvent) -> str:
        return counted(event.counts)


class RecordFilter(TextFilter):
    """Look-ups of one record; reached from its page."""

    title = _("record")
    parameter_name = "record"
    hidden = True

    def queryset(self, request: HttpRequest, queryset: QuerySet[AccessEvent]) -> QuerySet[AccessEvent]:
        text = self.value()
        return of_record(queryset, text) if text else queryset


def of_record(rows: QuerySet[AccessEvent], text: str) -> QuerySet[AccessEvent]:
    """The newest look-ups of a record, chosen by the index of the ids before the list sorts and counts."""
    newest = AccessEvent.objects.of(references.ids_of(text)).values_list("pk", flat=True)[:MOST_LOOK_UPS]
    return rows.filter(pk__among=list(newest))


@admin.register(AccessEvent)
class AccessEventAdmin(ReadOnlyAdmin):
    """Who looked at whose data: for a person's question, for an audit, and after a breach."""

    list_display = ("at", "account", "as_role", "purpose", "kind", "page", "records")
    list_filter = (
        choice_filter("purpose", ReadingPurpose.choices, _("purpose")),
        choice_filter("kind", AccessKind.choices, _("how")),
        AccountFilter,
        RecordFilter,
    )
    fields = ("at", "account", "as_role", "purpose", "kind", "page", "ids")
    search_fields = ("object_ids",)
    search_help_text = AuditEventAdmin.search_help_text
    sortable_by = ()
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessEvent]:
        names = User.objects.filter(pk=OuterRef("actor_id")).values("username")
        rows: QuerySet[AccessEvent] = super().get_queryset(request).annotate(username=Subquery(names))
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccessEvent], search_term: str
    ) -> tuple[QuerySet[AccessEvent], bool]:
        text = search_term.strip()
        return (of_record(queryset, text) if text else queryset), False

    @admin.display(description=_("account"))
    def account(self, event: Any) -> str:
        return str(event.username or _("a former account"))

    @admin.display(description=_("role"))
    def as_role(self, event: AccessEvent) -> str:
        return gettext(event.role)

    @admin.display(description=_("page"))
    def page(self, event: AccessEvent) -> str:
        """What people call the kind of record that the page is about."""
        app, _colon, name = event.view.rpartition(":")[2].partition("_")
        return kind_of(f"{app}.{name.partition('_')[0]}") if name else event.view.rpartition(":")[2]

    @admin.display(description=_("records"))
    def ids(self, event: AccessEvent) -> SafeString:
        """Each record by its reference, where it has one, and the id that stays when the record goes."""
        known = references.references_of(event.object_ids)
        return format_html_join(
            "",
            '<div>{} <span class="second id">{}</span></div>',
            ((known.get(one, ""), one) for one in event.object_ids),
        )

    @admin.display(description=_("records"))
    def records(self, event: AccessEvent) -> int:
        return len(event.object_ids)
