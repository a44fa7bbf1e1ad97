"""Pages about ourselves: the controller, its subsidiaries, staff accounts and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401  (registers, so that we can take it back)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, ManyToManyField, Model, OuterRef, QuerySet, Subquery, URLField
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.admin_site.acts import ActingAdmin
from config.admin_site.bases import Audited, ReadOnlyAdmin
from config.admin_site.filters import choice_filter
from config.admin_site.words import permission
from config.models import Controller, Subsidiary, User
from config.sign_in.recovery_act import REMOVE_FACTORS

if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin

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
