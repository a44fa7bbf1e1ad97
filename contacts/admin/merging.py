"""The work list of possible duplicates, what merging would do, and what was merged (S41, S42)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import choice_filter
from config.dates import BEGINNING, now
from config.models import Actor
from config.policy.periods import UNDO_DAYS
from contacts import duplicates, merge_preview, merging, unmerging
from contacts.directory import language_name
from contacts.links import AboutContact, ContactField
from contacts.models import Contact, DuplicatePair, MergedRecord, MergeUndo
from contacts.models.merging import Evidence, PairState

if TYPE_CHECKING:
    _PairForm = forms.ModelForm[DuplicatePair]
else:
    _PairForm = forms.ModelForm

MAY_DECIDE = "contacts.change_duplicatepair"


def older_first(pair: DuplicatePair) -> tuple[Contact, Contact]:
    """The record that stays, whose reference has been known for longer, and the one that is merged into it."""
    first, second = sorted((pair.contact, pair.other), key=lambda one: (one.created_at, one.pk))
    return first, second


# Acts on a pair -----------------------------------------------------------------------------------------------------


def preview(pair: DuplicatePair) -> dict[str, Any]:
    """What the confirmation page shows."""
    kept, gone = older_first(pair)
    common = {
        "kept": kept,
        "gone": gone,
        "evidence": reasons_of(pair),
        "before": [_kept_until(getattr(one, "due", None)) for one in (kept, gone)],
    }
    try:
        outlook = merge_preview.preview(kept, gone, at=now())
    except merging.Refused as problem:
        return {**common, "refusal": str(problem)}
    labels = {field.name: capfirst(str(field.verbose_name)) for field in Contact._meta.fields}
    return {
        **common,
        "fields": [
            (labels[one.name], *(_shown(one.name, value) for value in (one.mine, one.theirs, one.value)), one)
            for one in outlook.fields
        ],
        "lost": [labels[one.name] for one in outlook.fields if one.differs],
        "following": sorted(
            (capfirst(str(model._meta.verbose_name_plural)), count) for model, count in outlook.following.items()
        ),
        "after": _kept_until(outlook.due),
        "leaves_marketing": not outlook.values["in_marketing"] and (kept.in_marketing or gone.in_marketing),
        "collected_on": outlook.values["collected_on"],
        "days": UNDO_DAYS,
    }


def merge(request: HttpRequest, pair: DuplicatePair) -> str:
    """Merge the newer record into the older one."""
    kept, gone = older_first(pair)
    record = merging.merge(kept.pk, gone.pk, actor=Actor.person(request.user), at=now())
    text = _("%(gone)s is now part of %(kept)s. This can be taken back until %(day)s, in the list of merged contacts.")
    return text % {"gone": gone.reference, "kept": kept.reference, "day": date_format(record.undo_until)}


def keep_apart(request: HttpRequest, pair: DuplicatePair) -> str:
    """Remember that they are two people."""
    duplicates.distinct(pair, actor=Actor.person(request.user), at=now())
    return _("Remembered: these are two people. The pair will not be proposed again.")


def reasons_of(pair: DuplicatePair) -> str:
    """What speaks for one person, in words."""
    return ", ".join(words_of(pair))


def words_of(pair: DuplicatePair) -> list[str]:
    """Each thing that speaks for one person."""
    known = dict(Evidence.choices)
    return [str(known.get(found, found)) for found in pair.evidence]


def _kept_until(due: Any) -> tuple[str, str]:
    """The registers a contact is in by its due dates, and the last day it is kept."""
    if due is None:
        return _("not known yet"), ""
    if due.erase_on == BEGINNING:
        return due.get_register_display(), _("erased by the next run")
    return due.get_register_display(), date_format(due.erase_on) if due.erase_on else _("no end in sight")


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if name == "language":
        return language_name(value)
    return str(getattr(value, "name", value) or "")


# Pages --------------------------------------------------------------------------------------------------------------


class PairForm(_PairForm):
    """Two contacts that somebody believes to be one person."""

    contact = ContactField(Contact.objects.all(), label=gettext_lazy("One contact"))
    other = ContactField(
        Contact.objects.all(),
        label=gettext_lazy("The other contact"),
        help_text=gettext_lazy("A reference such as C-7K3M9Q, or an e-mail address."),
    )

    class Meta:
        model = DuplicatePair
        fields = ("contact", "other")

    def clean(self) -> dict[str, Any]:
        """Two contacts, not one twice; a pair that is listed already is opened again."""
        cleaned = super().clean() or self.cleaned_data
        one, other = cleaned.get("contact"), cleaned.get("other")
        if one and one == other:
            self.add_error("other", _("This is the same contact. Enter the other one."))
        elif one and other:
            self.instance = duplicates.between(one.pk, other.pk) or self.instance
        return cleaned


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ActingAdmin):
    """Pairs to be decided, the most alike first."""

    list_display = ("one", "another", "evidence_shown", "score")
    list_filter = (choice_filter("state", PairState.choices, gettext_lazy("state")),)
    list_select_related = ("contact", "other")
    sortable_by = ()
    ordering = ("-score", "id")
    fields = ("one", "another", "evidence_shown", "score", "state", "found_at", "decided_at", "decided")
    acts = (
        Act(
            name="merge",
            title=gettext_lazy("The same person?"),
            permission=MAY_DECIDE,
            template="admin/contacts/merge.html",
            do=merge,
            possible=lambda pair: pair.state == PairState.OPEN,
            refusal=gettext_lazy("Somebody has decided that these are two people."),
            context=preview,
        ),
        Act(
            name="distinct",
            title=gettext_lazy("Two people"),
            permission=MAY_DECIDE,
            template="admin/contacts/distinct.html",
            do=keep_apart,
            possible=lambda pair: pair.state == PairState.OPEN,
            refusal=gettext_lazy("Somebody has decided that these are two people."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DuplicatePair]:
        """With the due dates, which the preview compares."""
        rows: QuerySet[DuplicatePair] = super().get_queryset(request).select_related("contact__due", "other__due")
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Unless something is asked for, what waits for a decision."""
        if not request.GET and request.method == "GET" and self.has_view_permission(request):
            return HttpResponseRedirect(f"{request.path}?state={PairState.OPEN}")
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An open pair is looked at on the page that says what merging would do."""
        pair = self.get_object(request, object_id)
        if isinstance(pair, DuplicatePair) and pair.state == PairState.OPEN and request.user.has_perm(MAY_DECIDE):
            return HttpResponseRedirect(reverse("admin:contacts_duplicatepair_merge", args=[pair.pk]))
        return super().change_view(request, object_id, form_url, extra_context)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A pair is decided by its two acts."""
        return False

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        return PairForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Two contacts, with what saving does."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        text = _("Nothing is merged yet: the next page compares the two and says what merging would do.")
        return [(None, {"fields": PairForm.Meta.fields, "description": text})]

    def save_model(self, request: HttpRequest, obj: DuplicatePair, form: PairForm, change: bool) -> None:
        """Put the pair on the list, or find it there."""
        made = duplicates.propose((obj.contact_id, obj.other_id), at=now())
        obj.pk = made.pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: DuplicatePair, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the comparison."""
        return HttpResponseRedirect(reverse("admin:contacts_duplicatepair_change", args=[obj.pk]))

    @admin.display(description=gettext_lazy("contact"))
    def one(self, pair: DuplicatePair) -> SafeString:
        return _person(pair.contact)

    @admin.display(description=gettext_lazy("other contact"))
    def another(self, pair: DuplicatePair) -> SafeString:
        return _person(pair.other)

    @admin.display(description=gettext_lazy("what speaks for it"))
    def evidence_shown(self, pair: DuplicatePair) -> SafeString:
        return format_html_join(" ", '<span class="tag">{}</span>', ((one,) for one in words_of(pair)))

    @admin.display(description=gettext_lazy("decided by"))
    def decided(self, pair: DuplicatePair) -> str:
        return username(pair.decided_by)


def _person(contact: Contact) -> SafeString:
    return format_html('{}<span class="second">{} {}</span>', contact.full_name, contact.reference, contact.email)


def take_back(request: HttpRequest, record: MergedRecord) -> str:
    """Take a merge back."""
    unmerging.undo(record, actor=Actor.person(request.user), at=now())
    return _("%(reference)s is a contact of its own again.") % {"reference": record.reference}


def why_not(record: MergedRecord) -> dict[str, Any]:
    """What stands in the way, if anything does."""
    copies = MergeUndo.objects.filter(former_id=record.former_id).first()
    reasons = unmerging.why_not(record, record.contact, copies, now())
    return {"refusal": " ".join(reasons)} if reasons else {}


@admin.register(MergedRecord)
class MergedRecordAdmin(ActingAdmin, AboutContact, ReadOnlyAdmin):
    """What was merged into which contact, and until when it can be taken back."""

    list_display = ("reference", "person", "merged_at", "account", "undo_until")
    fields = ("reference", "email", "person", "merged_at", "account", "undo_until")
    search_fields = ("reference",)
    search_help_text = gettext_lazy("A former reference such as C-7K3M9Q.")
    sortable_by = ()
    acts = (
        Act(
            name="undo",
            title=gettext_lazy("Take the merge back"),
            permission=MAY_DECIDE,
            template="admin/contacts/unmerge.html",
            do=take_back,
            possible=lambda record: True,
            refusal="",
            context=why_not,
        ),
    )

    @admin.display(description=gettext_lazy("merged by"))
    def account(self, record: MergedRecord) -> str:
        return username(record.merged_by)

    @admin.display(description=gettext_lazy("can be taken back until"))
    def undo_until(self, record: MergedRecord) -> str:
        return date_format(record.undo_until, "SHORT_DATE_FORMAT")
