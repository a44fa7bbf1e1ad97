"""Runs and their approval, evidence of erasures, and holds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.forms import BaseModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import ReadOnlyAdmin, ReadOnlyInline
from config.admin_site.filters import ChoiceFilter, TextFilter, choice_filter
from config.dates import add_months, local_date, now
from config.models import Actor, User
from config.policy.periods import HOLD_MAX_MONTHS
from contacts.filters import digests, search
from contacts.links import AboutContact
from contacts.models import Contact
from retention import breaker, holding
from retention.bars import active_holds
from retention.models import DataGap, ErasureRecord, Hold, RetentionRun, RunChunk
from retention.models.evidence import ErasureRule
from retention.models.holds import HoldKind, HoldScope
from retention.models.runs import RunState, RunTrigger
from retention.panels import expected


def counts_text(counts: dict[str, Any]) -> str:
    """Counts by table or by name, as one line."""
    return ", ".join(f"{name.rpartition('.')[2]} {number}" for name, number in sorted(counts.items())) or "–"


def username(account: UUID | None) -> str:
    """The account behind an id kept as evidence."""
    found = User.objects.filter(pk=account).first() if account else None
    return found.get_username() if found else "–"


# Runs ---------------------------------------------------------------------------------------------------------------


def approve(request: HttpRequest, run: RetentionRun) -> str:
    """Let a waiting run go on, on the word of the account that asks (E39)."""
    breaker.approve(run, Actor.person(request.user), now())
    return _("Approved. The run goes on within ten minutes.")


class ChunkInline(ReadOnlyInline):
    """How far each range of contacts has come."""

    model = RunChunk
    fields = (
        "first_id", "state", "attempts", "problem", "erased", "left_register", "blocked", "finished_at", "journal_to",
    )
    readonly_fields = fields


@admin.register(RetentionRun)
class RetentionRunAdmin(ActingAdmin, ReadOnlyAdmin):
    """Every run, what it planned and what it did; one that waits can be approved here."""

    acts = (
        Act(
            name="approve",
            title=gettext_lazy("Approve this run"),
            permission="retention.change_retentionrun",
            template="retention/approve.html",
            do=approve,
            possible=lambda run: run.state == RunState.WAITING,
            context=lambda run: {"counts": expected(run.on_date)},
        ),
    )
    inlines = (ChunkInline,)
    list_display = ("on_date", "state_shown", "trigger", "started_at", "finished_at", "erased", "left_register", "blocked", "failed")
    list_filter = (
        choice_filter("state", RunState.choices, gettext_lazy("state")),
        choice_filter("trigger", RunTrigger.choices, gettext_lazy("started by")),
    )
    sortable_by = ("on_date", "started_at", "erased")
    fieldsets = (
        (gettext_lazy("Plan"), {"fields": (("on_date", "state"), ("trigger", "rule"), "policy_version", "planned_shown")}),
        (gettext_lazy("Approval"), {"fields": ("concern", "approver", "approved_at")}),
        (gettext_lazy("Result"), {"fields": (
            ("erased", "left_register"), ("blocked", "failed"), ("started_at", "finished_at"), "erasures",
        )}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Most runs needed nobody's approval."""
        plan, approval, result = self.fieldsets
        return (plan, approval, result) if isinstance(obj, RetentionRun) and obj.concern else (plan, result)

    @admin.display(description=gettext_lazy("state"))
    def state_shown(self, run: RetentionRun) -> SafeString:
        return format_html('<span class="tag tag-{}">{}</span>', run.state, run.get_state_display())

    @admin.display(description=gettext_lazy("planned"))
    def planned_shown(self, run: RetentionRun) -> str:
        return counts_text(run.planned)

    @admin.display(description=gettext_lazy("approved by"))
    def approver(self, run: RetentionRun) -> str:
        if run.break_glass:
            return _("somebody at the command line")
        return username(run.approved_by)

    @admin.display(description=gettext_lazy("evidence"))
    def erasures(self, run: RetentionRun) -> SafeString:
        url = reverse("admin:retention_erasurerecord_changelist", query={"run": str(run.pk)})
        return format_html('<a href="{}">{}</a>', url, _("Erasure records of this run"))


class RunFilter(TextFilter):
    """Erasures of one run; reached from the run's page."""

    title = gettext_lazy("run")
    parameter_name = "run"
    hidden = True

    def queryset(self, request: HttpRequest, queryset: QuerySet[ErasureRecord]) -> QuerySet[ErasureRecord]:
        if not self.value():
            return queryset
        try:
            return queryset.filter(chunk__run=UUID(self.value()))
        except ValueError:
            return queryset.none()


@admin.register(ErasureRecord)
class ErasureRecordAdmin(ReadOnlyAdmin):
    """That a person was erased, when and why; found again by the address the person names."""

    list_display = ("reference", "rule", "due_on", "erased_at", "country", "run")
    list_filter = (choice_filter("rule", ErasureRule.choices, gettext_lazy("rule")), RunFilter)
    list_select_related = ("chunk__run",)
    search_fields = ("reference",)
    search_help_text = gettext_lazy("An e-mail address, which is compared by its keyed digest, or a reference.")
    sortable_by = ("erased_at",)
    fields = ("reference", "contact_id", "rule", "due_on", "erased_at", "country", "run", "counts_shown", "digest", "digest_version")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ErasureRecord], search_term: str
    ) -> tuple[QuerySet[ErasureRecord], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        return queryset.filter(Q(reference__iexact=text) | Q(digest__in=digests(text))), False

    @admin.display(description=gettext_lazy("run"))
    def run(self, record: ErasureRecord) -> SafeString:
        run = record.chunk.run
        return format_html('<a href="{}">{}</a>', reverse("admin:retention_retentionrun_change", args=[run.pk]), run)

    @admin.display(description=gettext_lazy("rows removed"))
    def counts_shown(self, record: ErasureRecord) -> str:
        return counts_text(record.counts)


# Holds --------------------------------------------------------------------------------------------------------------


def release(request: HttpRequest, hold: Hold) -> str:
    """End a hold (E33)."""
    holding.release(hold, Actor.person(request.user), now())
    return _("Released. The next run decides anew.")


class InForceFilter(ChoiceFilter):
    """Holds that block the rules today, and those that do not any more."""

    title = gettext_lazy("in force")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("yes", gettext_lazy("yes")), ("no", gettext_lazy("no")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:
        in_force = active_holds(local_date(now())).values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=in_force)
        return queryset.exclude(pk__in=in_force) if self.value() == "no" else queryset


@admin.register(Hold)
class HoldAdmin(AboutContact, ActingAdmin):
    """Legal holds: placed with a matter and an end, released by a button, never changed and never deleted (E28)."""

    acts = (
        Act(
            name="release",
            title=gettext_lazy("Release this hold"),
            permission="retention.change_hold",
            template="retention/release.html",
            do=release,
            possible=lambda hold: hold.released_at is None and hold.kind == HoldKind.LEGAL,
        ),
    )
    list_display = ("matter", "person", "kind", "scope", "until_on", "placed_at", "released_at")
    list_filter = (InForceFilter, choice_filter("kind", HoldKind.choices, gettext_lazy("kind")))
    search_fields = ("matter",)
    search_help_text = gettext_lazy("A name, an e-mail address or a reference of the contact, or the beginning of a matter.")
    sortable_by = ("until_on", "placed_at")
    autocomplete_fields = ("contact",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        asked = ("contact", "scope", "matter", "until_on")
        return asked if obj is None else (*asked, "kind", "placed_at", "placer", "released_at", "releaser")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else ("kind", "placed_at", "placer", "released_at", "releaser")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Hold], search_term: str
    ) -> tuple[QuerySet[Hold], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        people = search(Contact.objects.all(), text).values("pk")
        return queryset.filter(Q(contact__in=people) | Q(matter__istartswith=text)), False

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> type[BaseModelForm[Hold]]:
        form = super().get_form(request, obj, change, **kwargs)
        if until := form.base_fields.get("until_on"):
            latest = add_months(local_date(now()), HOLD_MAX_MONTHS)
            until.required = True
            until.help_text = _("The last day of the hold, %(latest)s at the latest; a hold is renewed, not left open.") % {
                "latest": latest
            }
        return form

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        """Place the hold by the same code as the command line."""
        assert obj.until_on is not None  # the form requires it
        placed = holding.place(
            obj.contact, obj.matter, obj.until_on, Actor.person(request.user), now(), scope=HoldScope(obj.scope)
        )
        obj.pk = placed.pk
        obj.refresh_from_db()

    @admin.display(description=gettext_lazy("placed by"))
    def placer(self, hold: Hold) -> str:
        return username(hold.placed_by)

    @admin.display(description=gettext_lazy("released by"))
    def releaser(self, hold: Hold) -> str:
        return username(hold.released_by)


@admin.register(DataGap)
class DataGapAdmin(AboutContact, ReadOnlyAdmin):
    """Links without any agreement to what looks like a customer (E25): held back for 30 days, to be checked by a person."""

    list_display = ("organisation", "person", "first_listed_on")
    list_select_related = ("affiliation__organisation", "contact")
    ordering = ("first_listed_on",)

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, gap: DataGap) -> str:
        return str(gap.affiliation.organisation)
