"""Holds, and the links that hold a contact back because something looks wrong."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import ChoiceFilter, choice_filter
from config.dates import add_months, local_date, now
from config.models import Actor
from config.policy.periods import DATA_GAP_DAYS, HOLD_MAX_MONTHS
from contacts.links import AboutContact, ContactField, FoundByContact
from retention import attention, holding
from retention.bars import active_holds
from retention.models import DataGap, Hold
from retention.models.holds import HoldKind, HoldScope


def release(request: HttpRequest, hold: Hold) -> str:
    """End a hold (E33)."""
    holding.release(hold, Actor.person(request.user), now())
    return _("Released. The next run decides anew.")


class InForceFilter(ChoiceFilter):
    """Holds that block the rules today, and those that do not any more."""

    title = gettext_lazy("in force")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (
            ("yes", gettext_lazy("yes")),
            ("ending", gettext_lazy("yes, ends in 30 days")),
            ("no", gettext_lazy("no")),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:
        today = local_date(now())
        if self.value() == "ending":
            return queryset.filter(pk__in=attention.ending_holds(today).values("pk"))
        in_force = active_holds(today).values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=in_force)
        return queryset.exclude(pk__in=in_force) if self.value() == "no" else queryset


@admin.register(Hold)
class HoldAdmin(FoundByContact, ActingAdmin):
    """Legal holds: placed with a matter and an end, released by a button, never changed and never deleted (E28)."""

    acts = (
        Act(
            name="release",
            title=gettext_lazy("Release this hold"),
            permission="retention.change_hold",
            template="retention/release.html",
            do=release,
            possible=lambda hold: hold.released_at is None and hold.kind == HoldKind.LEGAL,
            refusal=gettext_lazy("This hold has been released already, or belongs to a rights request."),
        ),
    )
    list_display = ("matter", "person", "kind", "scope", "owner", "until_on", "placed_at", "released_at")
    list_filter = (InForceFilter, choice_filter("kind", HoldKind.choices, gettext_lazy("kind")))
    search_help_text = gettext_lazy(
        "A name, an e-mail address or a reference of the contact, or the beginning of a matter."
    )
    sortable_by = ("until_on", "placed_at")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The contact is typed; a list of everybody would be too long to choose from."""
        if db_field.name != "contact":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        help_text = _("A reference such as C-7K3M9Q, or an e-mail address.")
        return db_field.formfield(form_class=ContactField, help_text=help_text)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        asked = ("contact", "scope", "matter", "owner", "until_on", "is_secret")
        return asked if obj is None else (*asked, "kind", "placed_at", "placer", "released_at", "releaser")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else ("kind", "placed_at", "placer", "released_at", "releaser")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def also_found_by(self, text: str) -> Q:
        return Q(matter__istartswith=text)

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if until := form.base_fields.get("until_on"):
            latest = date_format(add_months(local_date(now()), HOLD_MAX_MONTHS))
            until.required = True
            until.help_text = _(
                "The last day of the hold, %(latest)s at the latest; a hold is renewed, not left open."
            ) % {"latest": latest}
        return form

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        """Place the hold by the same code as the command line."""
        placed = holding.place(
            obj.contact,
            obj.matter,
            form.cleaned_data["until_on"],
            Actor.person(request.user),
            now(),
            owner=obj.owner,
            scope=HoldScope(obj.scope),
            is_secret=obj.is_secret,
        )
        obj.pk = placed.pk
        obj.refresh_from_db()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.get_username(), **super().get_changeform_initial_data(request)}

    @admin.display(description=gettext_lazy("approved by"))
    def placer(self, hold: Hold) -> str:
        return username(hold.placed_by)

    @admin.display(description=gettext_lazy("released by"))
    def releaser(self, hold: Hold) -> str:
        return username(hold.released_by)


@admin.register(DataGap)
class DataGapAdmin(AboutContact, ReadOnlyAdmin):
    """Links without any agreement to what looks like a customer (E25): held back for 30 days, to be checked."""

    list_display = ("organisation", "person", "first_listed_on", "held_back_until")
    list_select_related = ("affiliation__organisation", "contact")
    ordering = ("first_listed_on",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataGap]:
        """An agreement that somebody has added settles the matter."""
        return super().get_queryset(request).filter(pk__in=attention.open_gaps().values("pk"))

    @admin.display(description=gettext_lazy("held back until"))
    def held_back_until(self, gap: DataGap) -> date:
        return gap.first_listed_on + timedelta(days=DATA_GAP_DAYS)

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, gap: DataGap) -> str:
        return str(gap.affiliation.organisation)
