"""Pages about ourselves: the controller, its subsidiaries, staff accounts, and the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401  (registers, so that we can take it back)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, ManyToManyField, Model, OuterRef, Q, QuerySet, Subquery, URLField
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config import board_admin  # noqa: F401  (registers itself)
from config.admin_site.acts import ActingAdmin
from config.admin_site.bases import Audited, ReadOnlyAdmin
from config.admin_site.filters import ChoiceFilter, TextFilter, choice_filter
from config.admin_site.words import counted, field_name, kind_of, permission
from config.models import AccessEvent, AccessKind, AuditEvent, Controller, ReadingPurpose, Subsidiary, User
from config.models.audit import ActorKind
from config.sign_in.recovery_act import REMOVE_FACTORS

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin

MOST_LOOK_UPS = 10_000
"""How many look-ups of one record a list goes back."""
YES_NO = ((True, _("yes")), (False, _("no")))

admin.site.unregister([Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])


@admin.register(User)
class AccountAdmin(ActingAdmin, _UserAdmin):
    """Accounts of staff: they are closed by taking away "active", because the audit trail refers to them."""

    acts = (REMOVE_FACTORS,)
    list_display = (
        "username",
        "first_name",
        "last_name",
        "groups_shown",
        "subsidiary",
        "transfer",
        "is_active",
        "last_login",
    )
    list_filter = (
        choice_filter("is_active", YES_NO, _("active")),
        choice_filter("is_superuser", YES_NO, _("break-glass")),
    )
    list_select_related = ("subsidiary",)
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ()
    formfield_overrides = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "country", "transfer", "language")}),
        (_("Contacts in the directory"), {"fields": ("subsidiary", "sees")}),
        (_("What the account may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("roles"))
    def groups_shown(self, account: User) -> str:
        return ", ".join(gettext(group.name) for group in account.groups.all())

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The roles by the names that people have for them."""
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups":
            field.label_from_instance = lambda group: gettext(group.name)
        return field

    @admin.display(description=_("access from"))
    def transfer(self, account: User) -> SafeString | str:
        """Where the account works; outside the EEA whatever it opens is a transfer (S70)."""
        if not account.country:
            return gettext("not known")
        if not account.outside_eea:
            return gettext("inside the EEA")
        return format_html('<span class="tag tag-bar">{}</span>', _("outside the EEA: a transfer (S70)"))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        times = ("last_login", "date_joined", "transfer")
        return times if request.user.is_superuser else (*times, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only break-glass changes a break-glass account: whoever sets its password owns it."""
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """The roles, which are written in code."""

    list_display = ("called", "accounts")
    fields = ("called", "permitted")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        members: Any = User.groups.through._base_manager.filter(group=OuterRef("pk")).values("group")
        counted = members.annotate(number=Count("pk")).values("number")
        rows: QuerySet[Group] = super().get_queryset(request).annotate(members=Subquery(counted)).order_by("name")
        return rows

    @admin.display(description=_("name"))
    def called(self, group: Group) -> str:
        """Whose role it is, in the language of the reader; code knows it by its English name."""
        return gettext(group.name)

    @admin.display(description=_("accounts"))
    def accounts(self, group: Any) -> int:
        return int(group.members or 0)

    @admin.display(description=_("permissions"))
    def permitted(self, group: Group) -> SafeString:
        permissions = Permission.objects.filter(group=group).select_related("content_type")
        return format_html_join("", "<div>{}: {}</div>", map(permission, permissions))


@admin.register(Controller)
class ControllerAdmin(Audited):
    """Who is responsible for the data: one row."""

    list_display = ("name", "business_id", "privacy_email")
    formfield_overrides = {URLField: {"assume_scheme": "https"}}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """`manage.py prepare` has written it; asking here would cost every page a query."""
        return False


@admin.register(Subsidiary)
class SubsidiaryAdmin(Audited):
    """Local companies of the group."""

    list_display = ("name", "country", "region")
    search_fields = ("name",)


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
    search_help_text = _("The id of a record, an import or a run.")
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
        try:
            key = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        return queryset.filter(Q(object_id=key) | Q(batch=key)), False

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
        """The newest ones, chosen by the index of the ids before the list sorts and counts."""
        if not self.value():
            return queryset
        try:
            newest = AccessEvent.objects.of([UUID(self.value())]).values_list("pk", flat=True)[:MOST_LOOK_UPS]
        except ValueError:
            return queryset.none()
        return queryset.filter(pk__among=list(newest))


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
    sortable_by = ()
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessEvent]:
        names = User.objects.filter(pk=OuterRef("actor_id")).values("username")
        rows: QuerySet[AccessEvent] = super().get_queryset(request).annotate(username=Subquery(names))
        return rows

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
        return format_html_join("", '<div class="id">{}</div>', ((one,) for one in event.object_ids))

    @admin.display(description=_("records"))
    def records(self, event: AccessEvent) -> int:
        return len(event.object_ids)
