"""Runs and their approval, and the evidence of erasures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import ReadOnlyAdmin, ReadOnlyInline
from config.admin_site.filters import TextFilter, choice_filter
from config.admin_site.words import counted, kind_of
from config.dates import now
from config.models import Actor
from contacts.filters import digests
from retention import attention, breaker
from retention.home_panels import expected
from retention.models import ErasureRecord, RetentionRun, RunChunk
from retention.models.evidence import ErasureRule
from retention.models.runs import RunState, RunTrigger


def approve(request: HttpRequest, run: RetentionRun) -> str:
    """Let a waiting run go on, on the word of the account that asks (E39)."""
    breaker.approve(run, Actor.person(request.user), now())
    return _("Approved. The run goes on within ten minutes.")


class ChunkInline(ReadOnlyInline):
    """How far each range of contacts has come."""

    model = RunChunk
    fields = (
        "first_id",
        "state",
        "attempts",
        "problem",
        "erased",
        "left_register",
        "blocked",
        "finished_at",
        "journal_to",
    )
    readonly_fields = fields


@admin.register(RetentionRun)
class RetentionRunAdmin(ActingAdmin, ReadOnlyAdmin):
    """Every run, what it planned and what it did; one that waits can be approved here."""

    acts = (
        Act(
            name="approve",
            again=True,
            title=gettext_lazy("Approve this run"),
            permission="retention.change_retentionrun",
            template="retention/approve.html",
            do=approve,
            possible=lambda run: run.state == RunState.WAITING,
            refusal=gettext_lazy("This run does not wait for approval any more."),
            context=lambda run: {"counts": expected(run.on_date)},
        ),
    )
    inlines = (ChunkInline,)
    list_display = (
        "on_date",
        "state_shown",
        "trigger",
        "finished_at",
        "erased",
        "left_register",
        "blocked",
        "failed",
    )
    list_filter = (
        choice_filter("state", RunState.choices, gettext_lazy("state")),
        choice_filter("trigger", RunTrigger.choices, gettext_lazy("started by")),
    )
    sortable_by = ("on_date", "erased")
    fieldsets = (
        (
            gettext_lazy("Plan"),
            {"fields": (("on_date", "state"), ("trigger", "rule"), "policy_version", "planned_shown")},
        ),
        (gettext_lazy("Approval"), {"fields": ("concern", "approver", "approved_at")}),
        (
            gettext_lazy("Result"),
            {
                "fields": (
                    ("erased", "left_register"),
                    ("blocked", "failed"),
                    ("started_at", "finished_at"),
                    "erasures",
                )
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Most runs needed nobody's approval."""
        plan, approval, result = self.fieldsets
        return (plan, approval, result) if isinstance(obj, RetentionRun) and obj.concern else (plan, result)

    @admin.display(description=gettext_lazy("state"))
    def state_shown(self, run: RetentionRun) -> SafeString:
        return format_html('<span class="tag tag-{}">{}</span>', run.state, run.get_state_display())

    @admin.display(description=gettext_lazy("planned"))
    def planned_shown(self, run: RetentionRun) -> SafeString | str:
        """What was counted before the first chunk: whom a rule was due for, and what is doubtful."""
        words = {"due": _("Contacts due and not protected"), "contacts": _("Contacts in all"), **attention.REPORTED}
        lines = ((words.get(name) or kind_of(name), count) for name, count in run.planned.items())
        return format_html_join("", "<div>{}: {}</div>", lines) or "–"

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
    fields = (
        "reference",
        "contact_id",
        "rule",
        "due_on",
        "erased_at",
        "country",
        "run",
        "counts_shown",
        "digest",
        "digest_version",
    )

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
        return counted(record.counts) or "–"
