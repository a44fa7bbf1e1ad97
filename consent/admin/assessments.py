"""Assessments of interests: written by one person, put in force by another, renewed in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.filters import ChoiceFilter
from config.dates import now
from config.models import Actor
from consent import assessments
from consent.grounds import in_a_register_of
from consent.models import Assessment, LegalBasis
from consent.models.purposes import Basis, in_force
from contacts.filters import today
from contacts.models import Contact

if TYPE_CHECKING:
    _AssessmentForm = forms.ModelForm[Assessment]
else:
    _AssessmentForm = forms.ModelForm

TEXTS = ("our_interest", "their_interest", "necessity", "balancing")


class AssessmentForm(_AssessmentForm):
    """Both interests, why it is necessary, and how it was weighed; nothing may be left empty."""

    def clean_review_on(self) -> Any:
        """An assessment nobody looks at again proves nothing."""
        day, latest = self.cleaned_data["review_on"], assessments.latest_review(today())
        if not today() < day <= latest:
            raise ValidationError(_("Enter a day after today, %(day)s at the latest.") % {"day": date_format(latest)})
        return day


class StandingFilter(ChoiceFilter):
    """Assessments by where they stand today."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (
            ("waiting", gettext_lazy("waits for approval")),
            ("in_force", gettext_lazy("in force")),
            ("due", gettext_lazy("due for review within 60 days")),
            ("past", gettext_lazy("past its review")),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Assessment]) -> QuerySet[Assessment]:
        match self.value():
            case "waiting":
                return queryset.filter(approved_at=None)
            case "in_force":
                return queryset.filter(in_force(now()))
            case "due":
                return queryset.filter(pk__in=assessments.due_for_review(now()).values("pk"))
            case "past":
                return queryset.filter(approved_at__isnull=False, review_on__lt=today())
        return queryset


def approve(request: HttpRequest, assessment: Assessment) -> str:
    """Put it in force on the word of the account that asks."""
    approved = assessments.approve(assessment, Actor.person(request.user), now())
    return _("Approved. “%(purpose)s” may rest on it through %(day)s.") % {
        "purpose": approved.basis.purpose,
        "day": date_format(approved.review_on),
    }


def what_becomes_usable(assessment: Assessment) -> dict[str, Any]:
    """The purpose, and how many contacts the register has whom it then covers."""
    basis = LegalBasis.objects.filter(pk=assessment.basis_id)
    covered = Contact.objects.filter(in_a_register_of(basis, now())).count()
    return {"assessment": assessment, "purpose": assessment.basis.purpose, "covered": covered}


@admin.register(Assessment)
class AssessmentAdmin(ActingAdmin):
    """A draft can be corrected; once approved it stays as it is, and is renewed by a new one."""

    form = AssessmentForm
    acts = (
        Act(
            name="approve",
            again=True,
            title=gettext_lazy("Approve this assessment"),
            permission="consent.change_assessment",
            template="consent/approve_assessment.html",
            do=approve,
            possible=lambda assessment: assessment.approved_at is None,
            refusal=gettext_lazy("This assessment has been approved already."),
            context=what_becomes_usable,
        ),
    )
    list_display = ("purpose", "register", "standing", "review_on", "written_at")
    list_filter = (StandingFilter,)
    list_select_related = ("basis__purpose",)
    sortable_by = ("review_on", "written_at")

    @admin.display(description=gettext_lazy("purpose"))
    def purpose(self, assessment: Assessment) -> str:
        return str(assessment.basis.purpose)

    @admin.display(description=gettext_lazy("register"))
    def register(self, assessment: Assessment) -> str:
        return assessment.basis.get_register_display()

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, assessment: Assessment) -> SafeString:
        if assessment.approved_at is None:
            return format_html('<span class="tag tag-waiting">{}</span>', _("waits for approval"))
        if assessment.review_on < today():
            return format_html('<span class="tag tag-due">{}</span>', _("past its review"))
        return format_html('<span class="tag tag-now">{}</span>', _("in force"))

    @admin.display(description=gettext_lazy("written by"))
    def writer(self, assessment: Assessment) -> str:
        return username(assessment.written_by)

    @admin.display(description=gettext_lazy("approved by"))
    def approver(self, assessment: Assessment) -> str:
        return username(assessment.approved_by)

    # The page -------------------------------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        asked = ("basis", *TEXTS, "review_on")
        return asked if obj is None else (*asked, "written_at", "writer", "approved_at", "approver")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else ("basis", "written_at", "writer", "approved_at", "approver")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was approved is evidence."""
        approved = isinstance(obj, Assessment) and obj.approved_at is not None
        return not approved and super().has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only legitimate interests are weighed."""
        if db_field.name == "basis":
            resting = LegalBasis.objects.filter(basis=Basis.LEGITIMATE_INTERESTS).select_related("purpose")
            kwargs["queryset"] = resting.order_by("purpose", "-register")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "basis":
            field.label_from_instance = lambda basis: f"{basis.purpose}, {basis.get_register_display()}"
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A renewal begins with the words of the assessment it follows (`?basis=...`)."""
        given = super().get_changeform_initial_data(request)
        try:
            basis = UUID(str(given.get("basis", "")))
        except ValueError:
            return {}
        last = Assessment.objects.filter(basis=basis).order_by("-written_at").first()
        words = {name: getattr(last, name) for name in TEXTS} if last else {}
        return {"basis": basis, **words}

    def save_model(self, request: HttpRequest, obj: Assessment, form: Any, change: bool) -> None:
        """Whoever wrote it last is its writer, and somebody else approves it."""
        obj.written_by, obj.written_at = request.user.pk, now()
        super().save_model(request, obj, form, change)

    def acts_for(self, request: HttpRequest, record: Any) -> list[tuple[str, Any]]:
        """The writer is offered the approval only where no other officer could give it."""
        return super().acts_for(request, record) if assessments.may_approve(record, request.user.pk) else []
