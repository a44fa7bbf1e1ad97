"""Who may receive data: recipients with their state, and who must still be told about somebody (Art. 19)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import DatedInline, ReadOnlyAdmin
from config.admin_site.filters import ChoiceFilter, choice_filter
from config.admin_site.widgets import TickedFirst
from config.dates import local_date, now
from config.models import Actor, AuditEvent
from config.read_log import note_file
from consent import ledger
from consent.admin.worded import Worded
from consent.disclosure import SENTENCES, Bar, recipient_bars, unusable, without_purpose
from consent.models import Recipient, RecipientNotice, RecipientPurpose, Safeguard
from consent.models.disclosures import NoticeReason
from consent.models.recipients import RecipientKind
from consent.transfers import leaves
from contacts.filters import today
from contacts.models import Contact

if TYPE_CHECKING:
    _RecipientForm = forms.ModelForm[Recipient]
else:
    _RecipientForm = forms.ModelForm


def standing(recipients: QuerySet[Recipient, Any], on: date) -> QuerySet[Recipient, Any]:
    """The recipients, each with one boolean column `stop_...` for what stands in the way of giving it anything."""
    columns = {f"stop_{bar}": condition for bar, condition in recipient_bars(on).items()}
    columns["leaves"] = leaves(on)
    columns[f"stop_{Bar.NOT_NEEDED}"] = without_purpose(on)
    return recipients.annotate(
        **{name: ExpressionWrapper(condition, BooleanField()) for name, condition in columns.items()}
    )


class UsableFilter(ChoiceFilter):
    """Recipients by whether data may be given to them today."""

    title = gettext_lazy("state")
    parameter_name = "usable"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("yes", gettext_lazy("usable")), ("no", gettext_lazy("not usable")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recipient, Any]) -> QuerySet[Recipient, Any]:
        barred = Q(pk__in=unusable(today()).values("pk"))
        match self.value():
            case "yes":
                return queryset.filter(~barred, Q(ended_on__isnull=True) | Q(ended_on__gt=today()))
            case "no":
                return queryset.filter(barred)
        return queryset


class NeedInline(DatedInline):
    """For which purposes it needs data, and why."""

    model = RecipientPurpose
    fields = (("purpose", "ended_on"), "reason")
    verbose_name_plural = gettext_lazy("Purposes it needs data for")


class SafeguardInline(DatedInline):
    """What lets its data leave the EEA."""

    model = Safeguard
    fields = (
        ("tool", "module"),
        "reference",
        ("valid_from", "valid_until"),
        ("assessed_on", "review_on"),
        "note",
    )
    verbose_name_plural = gettext_lazy("Safeguards (outside the EEA)")


class RecipientForm(_RecipientForm):
    """Countries are ticked in one list, which begins with those that are ticked already."""

    class Meta:
        widgets = {
            "accessed_from": TickedFirst,
            "serves": TickedFirst,
        }


class ToldForm(forms.Form):
    """How the recipient was told, about everybody who was on the page."""

    until = forms.DateTimeField(initial=lambda: now().isoformat(), widget=forms.HiddenInput)
    method = forms.CharField(
        label=gettext_lazy("How the recipient was told"),
        max_length=40,
        help_text=gettext_lazy("For example: encrypted e-mail, letter, their portal."),
    )


def told(request: HttpRequest, recipient: Recipient, entered: dict[str, Any]) -> str:
    """Record that it was told."""
    actor = Actor.person(request.user)
    number = ledger.told(recipient, now(), until=entered["until"], method=entered["method"], actor=actor)
    return ngettext("%(number)s notice is recorded as given.", "%(number)s notices are recorded as given.", number) % {
        "number": number
    }


def what_is_owed(recipient: Recipient) -> dict[str, Any]:
    """How many for which reason, and since when."""
    owed = ledger.waiting(recipient).order_by()
    counts = owed.values_list("reason").annotate(number=Count("pk"))
    return {
        "counts": [(NoticeReason(reason).label, number) for reason, number in counts],
        "since": owed.order_by("queued_at").values_list("queued_at", flat=True).first(),
    }


@admin.register(Recipient)
class RecipientAdmin(ActingAdmin):
    """Recipients: usable today or not, and why not; never deleted, because the ledger names them."""

    acts = (
        Act(
            name="tell",
            title=gettext_lazy("Tell about erased people"),
            permission="consent.change_recipientnotice",
            template="consent/tell_recipient.html",
            do=told,
            possible=lambda recipient: ledger.waiting(recipient).exists(),
            refusal=gettext_lazy("This recipient is owed no notice."),
            context=what_is_owed,
            form=ToldForm,
        ),
    )
    form = RecipientForm
    inlines = (NeedInline, SafeguardInline)
    list_display = ("name", "kind", "place", "state", "contract")
    list_filter = (choice_filter("kind", RecipientKind.choices, gettext_lazy("kind")), UsableFilter)
    search_fields = ("name",)
    sortable_by = ("name", "kind")
    fieldsets = (
        (None, {"fields": ("name", ("kind", "role"), ("subsidiary", "parent"), ("contract", "ended_on"))}),
        (gettext_lazy("Where"), {"fields": ("country", "accessed_from", "serves")}),
        (gettext_lazy("Notices"), {"fields": ("notice_address",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recipient, Any]:
        """The recipients with what stands in their way today."""
        return standing(super().get_queryset(request), today())

    @admin.display(description=gettext_lazy("country"), ordering="country")
    def place(self, recipient: Any) -> SafeString | str:
        """The country, and that data leaves the EEA there."""
        if not recipient.leaves:
            return str(recipient.country.name)
        return format_html('{}<span class="second">{}</span>', recipient.country.name, _("outside the EEA"))

    @admin.display(description=gettext_lazy("state"))
    def state(self, recipient: Any) -> SafeString:
        """Usable, or the weightiest reason why not, with its clause."""
        stands = [bar for bar in Bar if getattr(recipient, f"stop_{bar}", False)]
        if not stands:
            return format_html('<span class="tag tag-now">{}</span>', _("usable"))
        clause, sentence = SENTENCES[stands[0]]
        if stands[0] is Bar.NOT_NEEDED:
            sentence = gettext_lazy("no purpose is recorded for which it needs data")
        tag = "tag-waiting" if stands[0] in (Bar.EXCEPTION_ONLY, Bar.ENDED) else "tag-due"
        word = _("by exception") if stands[0] is Bar.EXCEPTION_ONLY else _("not usable")
        return format_html(
            '<span class="tag {}">{}</span><span class="second">{} {}</span>', tag, word, sentence, clause
        )

    # The letter -----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The file to send, besides the acts."""
        view = self.admin_site.admin_view(self.letter_view)
        return [path("<uuid:key>/tell/letter/", view, name="consent_recipient_letter"), *super().get_urls()]

    def letter_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Our references of everybody the recipient must be told about, as CSV; a POST, because it goes out."""
        recipient = self.get_object(request, str(key))
        if not request.user.has_perm("consent.change_recipientnotice") or request.method != "POST":
            raise PermissionDenied
        if not isinstance(recipient, Recipient):
            raise Http404
        until = forms.DateTimeField().clean(request.POST.get("until"))
        AuditEvent.record(Actor.person(request.user), gettext_noop("took notices"), recipient)
        owed = ledger.waiting(recipient).values("reference")
        note_file(request, Contact.objects.filter(reference__in=owed).values_list("pk", flat=True))
        answer: Any = StreamingHttpResponse(ledger.letter(recipient, until), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="notices-{local_date(now())}.csv"'
        return answer  # type: ignore[no-any-return]


class ToldFilter(ChoiceFilter):
    """Notices by whether the recipient was told."""

    title = gettext_lazy("state")
    parameter_name = "told"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("no", gettext_lazy("still to be given")), ("yes", gettext_lazy("given")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[RecipientNotice]) -> QuerySet[RecipientNotice]:
        return queryset.filter(told_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(RecipientNotice)
class RecipientNoticeAdmin(Worded, ReadOnlyAdmin):
    """Who must be told that data is gone or corrected; given from the recipient's page, all at once."""

    list_display = ("queued_at", "to", "reason", "reference", "told_at", "how")
    list_display_links = ("queued_at",)
    list_filter = (ToldFilter, choice_filter("reason", NoticeReason.choices, gettext_lazy("reason")))
    list_select_related = ("recipient",)
    search_fields = ("recipient__name", "reference")
    sortable_by = ()
    fields = ("to", "reason", "reference", "queued_at", "told_at", "how")

    @admin.display(description=gettext_lazy("recipient"))
    def to(self, notice: RecipientNotice) -> SafeString:
        """The recipient, as a link to where it is told."""
        what = "change" if notice.told_at else "tell"
        return link(notice.recipient, f"admin:consent_recipient_{what}")


def link(recipient: Recipient, page: str) -> SafeString:
    """A recipient as a link to one of its pages."""
    return format_html('<a href="{}">{}</a>', reverse(page, args=[recipient.pk]), recipient)
