"""The purpose catalogue: what each purpose stands on, whether it may be used now, and if not, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import Audited, DatedInline
from config.admin_site.filters import ChoiceFilter, choice_filter
from config.dates import local_date, now
from config.panels import Panel
from config.policy.clauses import BY_ID
from consent import assessments
from consent.models import AudienceExport, LegalBasis, Purpose
from consent.models.consents import Channel
from consent.models.purposes import Basis, Category

if TYPE_CHECKING:
    _PurposeForm = forms.ModelForm[Purpose]
else:
    _PurposeForm = forms.ModelForm


YES_NO = ((True, gettext_lazy("yes")), (False, gettext_lazy("no")))


class PurposeForm(_PurposeForm):
    """A purpose of the policy: its clause must be one, and what cannot reach anybody has no channel."""

    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"),
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("How a message of this purpose may go out; none for work behind the scenes."),
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Categories of data"),
        choices=Category.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    settings_url = forms.URLField(
        label=gettext_lazy("Where the person controls it"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy(
            "The settings of a service, where they are the place for this choice: the preference centre points there. "
            "Empty for everything that the preference centre offers itself."
        ),
    )

    def clean_clause(self) -> str:
        """Every purpose is one that the policy names (Art. 5(1)(b))."""
        clause: str = self.cleaned_data["clause"].strip().upper()
        if clause not in BY_ID:
            raise ValidationError(_("The policy has no such clause. Enter one such as S19."))
        return clause


class BasisInline(DatedInline):
    """One ground for each register; the last one that was entered counts."""

    model = LegalBasis
    fields = ("register", "basis")
    max_num = 2
    verbose_name_plural = gettext_lazy("Legal bases")


class UsableFilter(ChoiceFilter):
    """Purposes all of whose bases may be relied on now, and the others."""

    title = gettext_lazy("usable now")
    parameter_name = "usable"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("yes", gettext_lazy("yes")), ("no", gettext_lazy("no")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Purpose]) -> QuerySet[Purpose]:
        lacking = assessments.lacking(now()).values("purpose")
        usable = Q(is_active=True) & Q(pk__in=LegalBasis.objects.values("purpose")) & ~Q(pk__in=lacking)
        if self.value() in ("yes", "no"):
            return queryset.filter(usable if self.value() == "yes" else ~usable)
        return queryset


def state_of(basis: Any) -> SafeString | str:
    """A basis in a list: its ground, and under it why it may not be relied on."""
    register, ground = basis.get_register_display(), basis.get_basis_display()
    if why := assessments.why_unusable(basis, local_date(now())):
        return format_html('{}: {}<span class="second bad">{}</span>', register, ground, why)
    return format_html("{}: {}", register, ground)


@admin.register(Purpose)
class PurposeAdmin(Audited):
    """Purposes are added, switched off and sent over other channels here; what they are does not change."""

    form = PurposeForm
    inlines = (BasisInline,)
    change_form_template = "admin/record.html"
    list_display = ("clause", "name_shown", "bases_shown", "usable", "channels_shown", "exports")
    list_display_links = ("clause", "name_shown")
    list_filter = (UsableFilter, choice_filter("is_marketing", YES_NO, gettext_lazy("marketing")))
    sortable_by = ()
    ordering = ("pk",)
    fields = (
        "name",
        ("code", "clause"),
        ("is_active", "is_marketing", "similar_services"),
        "channels",
        "categories",
        "settings_url",
        "note",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Purpose]:
        """Purposes with their bases and how often they were exported: three statements, whatever their number."""
        counted = AudienceExport.objects.filter(purpose=OuterRef("pk")).order_by().values("purpose")
        exports = Subquery(counted.annotate(number=Count("pk")).values("number"))
        rows: QuerySet[Purpose] = super().get_queryset(request).annotate(exported=Coalesce(exports, 0))
        return rows.prefetch_related(Prefetch("bases", assessments.bases(now()).order_by("-register"), "weighed"))

    @admin.display(description=gettext_lazy("purpose"))
    def name_shown(self, purpose: Purpose) -> str:
        return str(purpose)

    @admin.display(description=gettext_lazy("legal bases"))
    def bases_shown(self, purpose: Any) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((state_of(basis),) for basis in purpose.weighed))

    @admin.display(description=gettext_lazy("usable now"))
    def usable(self, purpose: Any) -> SafeString:
        if not purpose.is_active:
            return format_html('<span class="tag">{}</span>', _("switched off"))
        whys = [assessments.why_unusable(basis, local_date(now())) for basis in purpose.weighed]
        if any(whys) or not whys:
            return format_html('<span class="tag tag-due">{}</span>', _("not usable"))
        return format_html('<span class="tag tag-now">{}</span>', _("usable"))

    @admin.display(description=gettext_lazy("channels"))
    def channels_shown(self, purpose: Purpose) -> str:
        return ", ".join(str(Channel(one).label) for one in purpose.channels)

    @admin.display(description=gettext_lazy("categories of data"))
    def categories_shown(self, purpose: Purpose) -> str:
        return ", ".join(str(Category(one).label) for one in purpose.categories)

    @admin.display(description=gettext_lazy("audience exports"))
    def exports(self, purpose: Any) -> int:
        return int(purpose.exported)

    # The page -------------------------------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What a purpose is was published; only whether and how it is used changes."""
        return (
            ()
            if obj is None
            else ("name_shown", "code", "clause", "is_marketing", "similar_services", "categories_shown")
        )

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return self.fields
        written: dict[Any, str] = {"name": "name_shown", "categories": "categories_shown"}
        return tuple(written.get(one, one) for one in self.fields)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, and beside it the clause and what the purpose stands on."""
        if context["original"] is not None:
            context["panels"] = self._panels(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def _panels(self, request: HttpRequest, purpose: Purpose) -> list[Panel]:
        today = local_date(now())
        rows = [
            {
                "basis": basis,
                "why": assessments.why_unusable(basis, today),
                "weighed": basis.basis == Basis.LEGITIMATE_INTERESTS,
                "assessments": basis.assessments.all(),
            }
            for basis in assessments.bases(now()).filter(purpose=purpose).prefetch_related("assessments")
        ]
        context = {"rows": rows, "today": today, "may_write": request.user.has_perm("consent.add_assessment")}
        return [
            Panel(gettext_lazy("What the policy says"), "panels/clause.html", {"clause": BY_ID.get(purpose.clause)}),
            Panel(gettext_lazy("What it stands on"), "panels/bases.html", context),
        ]
