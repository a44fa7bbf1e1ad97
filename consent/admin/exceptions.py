"""Exceptional disclosures: written by one person, approved by another, then passed on within exactly that scope."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.filters import ChoiceFilter, choice_filter
from config.dates import local_date, now
from config.models import Actor
from consent import exceptions, sharing
from consent.assessments import may_approve
from consent.disclosure import Proposal
from consent.models import ExceptionalDisclosure
from consent.models.exceptions import ExceptionGround
from consent.shared_fields import FIELDS, labels
from consent.sharing_admin import reasons
from consent.sharing_forms import FieldsField
from contacts.filters import today
from contacts.links import ContactField
from contacts.models import Contact

if TYPE_CHECKING:
    _ExceptionForm = forms.ModelForm[ExceptionalDisclosure]
else:
    _ExceptionForm = forms.ModelForm

SEPARATOR = re.compile(r"[\s,;]+")


class ExceptionForm(_ExceptionForm):
    """Why, what and whom exactly; nothing may be left open."""

    fields_wanted = FieldsField(label=gettext_lazy("Fields"))
    contacts = forms.CharField(
        label=gettext_lazy("Contacts"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "References such as C-7K3M9Q, or whole addresses, one on each line. Empty for a sale of the business."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.written_by is not None:
            self.initial["fields_wanted"] = self.instance.fields
            self.initial["contacts"] = "\n".join(references(self.instance))

    def clean_contacts(self) -> list[Contact]:
        """The contacts that are meant."""
        field = ContactField(Contact.objects.all())
        found = []
        for text in filter(None, SEPARATOR.split(self.cleaned_data["contacts"])):
            try:
                found.append(field.to_python(text))
            except ValidationError as problem:
                raise ValidationError(f"{text}: {' '.join(problem.messages)}") from None
        return [one for one in found if one is not None]

    def clean_until_on(self) -> Any:
        """An approval is used soon, or not at all."""
        day = self.cleaned_data["until_on"]
        if day < today():
            raise ValidationError(_("Enter today or a later day."))
        return day

    def clean(self) -> dict[str, Any]:
        """A case is about somebody; a sale of the business about a register."""
        cleaned = super().clean() or self.cleaned_data
        is_sale = cleaned.get("ground") == ExceptionGround.TRANSACTION
        if "contacts" in cleaned and bool(cleaned["contacts"]) == is_sale:
            text = _("A sale reaches a register and names no contacts.") if is_sale else _("Name at least one contact.")
            self.add_error("contacts", text)
        return cleaned


def references(exception: ExceptionalDisclosure) -> list[str]:
    """Who is in its scope, by reference."""
    return list(exception.scope.order_by("pk").values_list("contact__reference", flat=True))


class StandingFilter(ChoiceFilter):
    """Exceptional disclosures by where they stand today."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (
            ("waiting", gettext_lazy("waits for approval")),
            ("usable", gettext_lazy("approved, to be done")),
            ("past", gettext_lazy("its time is over")),
        )

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ExceptionalDisclosure]
    ) -> QuerySet[ExceptionalDisclosure]:
        match self.value():
            case "waiting":
                return queryset.filter(approved_at=None)
            case "usable":
                return queryset.filter(pk__in=exceptions.usable(now()).values("pk"))
            case "past":
                return queryset.filter(until_on__lt=today())
        return queryset


def approve(request: HttpRequest, exception: ExceptionalDisclosure) -> str:
    """Open the gate on the word of the account that asks."""
    exceptions.approve(exception, Actor.person(request.user), now())
    return _("Approved. It can be passed on now, within exactly this scope.")


def what_it_opens(exception: ExceptionalDisclosure) -> dict[str, Any]:
    """Who would go once it is approved, who would stay, and why; from the gate itself."""
    at = now()
    as_if = ExceptionalDisclosure.objects.get(pk=exception.pk)
    plan = Proposal(exception.recipient, tuple(exception.fields), exception=as_if)
    people = Contact.objects.all()
    if exception.ground != ExceptionGround.TRANSACTION:
        people = people.filter(pk__in=exception.scope.values("contact"))
    counts = sharing.preview(plan, people, at)
    return {
        "exception": exception,
        "wanted": labels(name for name in FIELDS if name in exception.fields),
        "references": references(exception),
        "bars": [row for row in reasons(counts) if row[1] != "S93"],
        "incomplete": exceptions.why_incomplete(exception, at),
    }


@admin.register(ExceptionalDisclosure)
class ExceptionalDisclosureAdmin(ActingAdmin):
    """A draft can be corrected; once approved it stays as it is, and is used or not."""

    form = ExceptionForm
    acts = (
        Act(
            name="approve",
            again=True,
            title=gettext_lazy("Approve this disclosure"),
            permission="consent.change_exceptionaldisclosure",
            template="consent/approve_exception.html",
            do=approve,
            possible=lambda exception: exception.approved_at is None,
            refusal=gettext_lazy("This exceptional disclosure has been approved already."),
            context=what_it_opens,
        ),
    )
    list_display = ("title", "ground", "recipient", "standing", "until_on", "told")
    list_filter = (StandingFilter, choice_filter("ground", ExceptionGround.choices, gettext_lazy("ground")))
    list_select_related = ("recipient",)
    search_fields = ("title", "reference", "recipient__name")
    autocomplete_fields = ("recipient",)
    sortable_by = ("until_on",)

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, exception: ExceptionalDisclosure) -> SafeString:
        """Waits, can be used, or is over."""
        if exception.until_on < today():
            return format_html('<span class="tag">{}</span>', _("its time is over"))
        if exception.approved_at is None:
            return format_html('<span class="tag tag-waiting">{}</span>', _("waits for approval"))
        return format_html('<span class="tag tag-now">{}</span>', _("approved"))

    @admin.display(description=gettext_lazy("the persons"))
    def told(self, exception: ExceptionalDisclosure) -> str:
        """Whether they may learn of it."""
        return _("may be told") if exception.may_tell else _("may not be told")

    @admin.display(description=gettext_lazy("fields"))
    def fields_shown(self, exception: ExceptionalDisclosure) -> str:
        """The names of the fields."""
        return labels(name for name in FIELDS if name in exception.fields)

    @admin.display(description=gettext_lazy("contacts"))
    def contacts_shown(self, exception: ExceptionalDisclosure) -> str:
        """The references of the contacts."""
        return ", ".join(references(exception)) or _("everybody in the register who was told")

    @admin.display(description=gettext_lazy("written by"))
    def writer(self, exception: ExceptionalDisclosure) -> str:
        return username(exception.written_by)

    @admin.display(description=gettext_lazy("approved by"))
    def approver(self, exception: ExceptionalDisclosure) -> str:
        return username(exception.approved_by)

    # The page -------------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Once approved there is nothing to enter, and it says by whom."""
        fixed = isinstance(obj, ExceptionalDisclosure) and not self.has_change_permission(request, obj)
        scope = ("contacts_shown", "fields_shown") if fixed else ("contacts", "fields_wanted")
        signed = ("writer", "written_at", "approver", "approved_at") if fixed else ()
        return (
            (None, {"fields": ("ground", "recipient", "title", "reference", "assessment", *signed)}),
            (gettext_lazy("Scope"), {"fields": (*scope, "until_on")}),
            (gettext_lazy("The persons"), {"fields": ("may_tell", "untold_because")}),
            (gettext_lazy("Only for a sale of the business"), {"fields": ("register", "country", "announced_in")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("contacts_shown", "fields_shown", "writer", "written_at", "approver", "approved_at") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A draft is its writer's and the officers'; what was approved is evidence."""
        if not isinstance(obj, ExceptionalDisclosure):
            return super().has_change_permission(request, obj)
        own = obj.written_by == request.user.pk and request.user.has_perm("consent.add_exceptionaldisclosure")
        return obj.approved_at is None and (own or super().has_change_permission(request, obj))

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The ticked fields are what the record names."""
        form.instance.fields = list(form.cleaned_data["fields_wanted"])
        return super().save_form(request, form, change)

    def save_model(self, request: HttpRequest, obj: ExceptionalDisclosure, form: Any, change: bool) -> None:
        """Whoever wrote it last is its writer, and somebody else approves it."""
        obj.written_by, obj.written_at = request.user.pk, now()
        super().save_model(request, obj, form, change)
        exceptions.set_scope(obj, [one.pk for one in form.cleaned_data["contacts"]], obj.written_at)

    def acts_for(self, request: HttpRequest, record: Any) -> list[tuple[str, Any]]:
        """The approval for whoever may give it, and the way to pass on once it is given."""
        if record.approved_at is None:
            return super().acts_for(request, record) if may_approve(record, request.user.pk) else []
        if record.until_on < local_date(now()) or not request.user.has_perm("consent.add_disclosurebatch"):
            return []
        return [(reverse("admin:consent_disclosurebatch_add", query={"exception": record.pk}), _("Share with ..."))]
