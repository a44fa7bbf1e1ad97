"""Versions of the published policy: added before their day, unchangeable from it on, announced when material."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import current_app
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.filters import choice_filter
from config.dates import now
from config.models import Actor
from consent import notifications
from consent.models import PolicyNotification, PolicyVersion
from consent.models.notifications import texts
from contacts.filters import today

if TYPE_CHECKING:
    _PolicyForm = forms.ModelForm[PolicyVersion]
else:
    _PolicyForm = forms.ModelForm

LANGUAGES = dict(settings.LANGUAGES)
ANNOUNCE = "consent.tasks.announce"


def text_fields() -> dict[str, forms.Field]:
    """A title, a text and what changed, for each language."""
    fields: dict[str, forms.Field] = {}
    for code, name in LANGUAGES.items():
        fields[f"title_{code}"] = forms.CharField(label=_("Title, %(language)s") % {"language": name}, max_length=200)
        fields[f"text_{code}"] = forms.CharField(
            label=_("Text, %(language)s") % {"language": name}, widget=forms.Textarea(attrs={"rows": 16})
        )
        fields[f"changes_{code}"] = forms.CharField(
            label=_("What changed, %(language)s") % {"language": name}, widget=forms.Textarea(attrs={"rows": 4})
        )
    return {name: _optional(field) for name, field in fields.items()}


def _optional(field: forms.Field) -> forms.Field:
    field.required = False
    return field


class PolicyForm(_PolicyForm):
    """One version with all its languages: each is optional, one is needed."""

    places = forms.CharField(
        label=gettext_lazy("Published at"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Each address on a line of its own, with all where the version before stood (S167)."),
    )

    class Meta:
        model = PolicyVersion
        fields = ("version", "published_on", "is_material", "places")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(text_fields())
        if not self.instance._state.adding:
            self.initial["places"] = "\n".join(self.instance.places)
            for one in texts(self.instance.version):
                words = {f"{name}_{one.language}": getattr(one, name) for name in ("title", "text", "changes")}
                self.initial.update(words)

    def clean_version(self) -> str:
        """A version is added once; its languages come with it."""
        version: str = self.cleaned_data["version"].strip()
        if texts(version).exclude(version=self.instance.version).exists():
            raise ValidationError(_("There is a version of this name already."))
        return version

    def clean_published_on(self) -> Any:
        """Nothing comes into force in the past, except the first version, which is noted down later (S169)."""
        day = self.cleaned_data["published_on"]
        others = PolicyVersion.objects.exclude(version=self.instance.version)
        if day < today() and others.exists():
            raise ValidationError(_("A version is in force from its publication: enter today or a later day."))
        if others.filter(published_on=day).exists():
            raise ValidationError(_("Another version was published on this day. Only one can be in force."))
        return day

    def clean_places(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["places"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for code in LANGUAGES:
            if bool(cleaned.get(f"title_{code}")) != bool(cleaned.get(f"text_{code}")):
                self.add_error(f"title_{code}", _("Enter both the title and the text, or neither."))
        if not self.languages():
            raise ValidationError(_("Enter the text in at least one language."))
        if cleaned.get("is_material") and any(not cleaned.get(f"changes_{code}") for code in self.languages()):
            raise ValidationError(_("People are told of a material change: say in each language what changed."))
        return cleaned

    def languages(self) -> list[str]:
        """The languages that were filled in."""
        return [code for code in LANGUAGES if self.cleaned_data.get(f"text_{code}")]

    def write(self, version: PolicyVersion) -> None:
        """Store one row for each language; the record the page is about is one of them."""
        common = {name: self.cleaned_data[name] for name in ("version", "published_on", "is_material", "places")}
        for row in texts(self.initial.get("version", common["version"])).exclude(pk=version.pk):
            PolicyVersion.objects.filter(pk=row.pk).update(**common)
        for code in self.languages():
            words = {name: self.cleaned_data[f"{name}_{code}"] for name in ("title", "text", "changes")}
            if code == version.language:
                version.__dict__.update(**common, **words)
                version.save()
            else:
                PolicyVersion.objects.update_or_create(version=version.version, language=code, defaults=common | words)


def announce(request: HttpRequest, policy: PolicyVersion) -> str:
    """Confirm the announcement, and send a worker to its queue."""
    batch = notifications.begin(policy.version, Actor.person(request.user), now())
    send(batch)
    return _("Confirmed: %(planned)s people are being told.") % {"planned": batch.planned}


def send(batch: PolicyNotification) -> None:
    """A worker takes the queue up once the transaction is through; a lost message is sent again within an hour."""

    def message() -> None:
        current_app.send_task(ANNOUNCE, [str(batch.pk)])

    transaction.on_commit(message, robust=True)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ActingAdmin):
    """The published policy, version by version and language by language."""

    form = PolicyForm
    acts = (
        Act(
            name="announce",
            title=gettext_lazy("Tell people of this change"),
            permission="consent.add_policynotification",
            template="consent/announce.html",
            do=announce,
            possible=lambda policy: not notifications.why_not(policy.version, now()),
            refusal=gettext_lazy("This version cannot be announced: it is not in force, not material, or announced."),
            context=lambda policy: {
                "policy": policy,
                "counts": notifications.preview(policy.version, now()),
                "languages": texts(policy.version),
            },
        ),
    )
    list_display = ("version", "language_shown", "title", "published_on", "state", "is_material", "places_shown")
    list_display_links = ("version", "language_shown", "title")
    list_filter = (choice_filter("language", settings.LANGUAGES, gettext_lazy("language")),)
    sortable_by = ("published_on",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion, Any]:
        """The texts, each with the version in force today."""
        published = PolicyVersion.objects.filter(published_on__lte=today()).order_by("-published_on")
        texts: QuerySet[PolicyVersion, Any] = super().get_queryset(request)
        return texts.annotate(newest=Subquery(published.values("version")[:1]))

    @admin.display(description=gettext_lazy("language"))
    def language_shown(self, policy: PolicyVersion) -> str:
        return str(LANGUAGES.get(policy.language, policy.language))

    @admin.display(description=gettext_lazy("state"))
    def state(self, policy: Any) -> SafeString:
        if not policy.is_in_force(today()):
            return format_html('<span class="tag tag-waiting">{}</span>', _("from its day on"))
        if policy.newest == policy.version:
            return format_html('<span class="tag tag-now">{}</span>', _("in force"))
        return format_html('<span class="tag">{}</span>', _("replaced"))

    @admin.display(description=gettext_lazy("published at"))
    def places_shown(self, policy: PolicyVersion) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((place,) for place in policy.places))

    @admin.display(description=gettext_lazy("text"))
    def text_shown(self, policy: PolicyVersion) -> SafeString:
        words = linebreaks(policy.text, autoescape=True)
        return format_html('<div lang="{}" class="document">{}</div>', policy.language, SafeString(words))

    @admin.display(description=gettext_lazy("announcement"))
    def announcement(self, policy: PolicyVersion) -> SafeString | str:
        batch = PolicyNotification.objects.filter(version=policy.version).first()
        if batch is None:
            return notifications.why_not(policy.version, now()) or _("not announced yet")
        url = reverse("admin:consent_policynotification_change", args=[batch.pk])
        return format_html('<a href="{}">{}</a>', url, _("Announcement, and who was told"))

    # The page -------------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Until its day a version may be corrected by whoever may add one; from then on nobody changes it (S169)."""
        if not isinstance(obj, PolicyVersion) or obj.is_in_force(today()):
            return False
        return self.has_add_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if isinstance(obj, PolicyVersion) and not self.has_change_permission(request, obj):
            about = ("version", "language_shown", "published_on", "state", "places_shown", "is_material", "changes")
            return ((None, {"fields": (*about, "announcement", "title", "text_shown")}),)
        return (
            (None, {"fields": ("version", "published_on", "is_material", "places")}),
            *(
                (name, {"fields": (f"title_{code}", f"text_{code}", f"changes_{code}")})
                for code, name in LANGUAGES.items()
            ),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if isinstance(obj, PolicyVersion) and not self.has_change_permission(request, obj):
            return ("language_shown", "state", "places_shown", "announcement", "text_shown")
        return ()

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form names its own fields: those of the languages are made when it is."""
        if obj is not None and not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, **kwargs)
        return PolicyForm

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: PolicyForm, change: bool) -> None:
        """All languages of the version, in the transaction of the page."""
        if not change:
            obj.language = form.languages()[0]
        form.write(obj)
