"""The suppression list at the desk: staff add to it, and take an entry off only at the person's explicit wish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.acts import Act, ActingAdmin
from config.dates import now
from config.models import Actor
from consent import suppression
from consent.models import Purpose, SuppressionEntry
from consent.models.suppression import Authority, Identifier, SuppressionReason
from consent.objections_admin import METHODS, channel_choices

if TYPE_CHECKING:
    _EntryForm = forms.ModelForm[SuppressionEntry]
else:
    _EntryForm = forms.ModelForm

BY_STAFF = [
    (one.value, one.label)
    for one in (SuppressionReason.STAFF, SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION)
]


def marketing_choices() -> list[tuple[str, str]]:
    """Every marketing purpose, after "all"."""
    return [("", _("all")), *((one.code, str(one)) for one in Purpose.objects.filter(is_marketing=True))]


class EntryForm(_EntryForm):
    """What must not be used; the text is digested and not stored."""

    text = forms.CharField(
        label=gettext_lazy("Address, number or domain"),
        max_length=254,
        help_text=gettext_lazy("anna@example.org, +358401234567, or *@example.org for everybody of an organisation."),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=marketing_choices, required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=channel_choices, required=False)
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=BY_STAFF)

    class Meta:
        model = SuppressionEntry
        fields = ("identifier", "purpose", "channel", "reason")

    def clean(self) -> dict[str, Any]:
        """The text must be an identifier of the kind chosen."""
        cleaned = super().clean() or self.cleaned_data
        try:
            cleaned["key"] = suppression.normalised(Identifier(cleaned["identifier"]), cleaned["text"])
        except KeyError:
            pass  # said already
        except ValueError as problem:
            self.add_error("text", str(problem))
        return cleaned


class RemovalForm(forms.Form):
    """The wish of the person, who names the address."""

    text = forms.CharField(label=gettext_lazy("Address, number or domain, as the person gives it"), max_length=254)
    method = forms.ChoiceField(label=gettext_lazy("The person asked"), choices=METHODS)
    warned = forms.BooleanField(
        label=gettext_lazy("The person was warned that advertising may arrive again, and wishes it all the same.")
    )


def remove(request: HttpRequest, entry: SuppressionEntry, entered: dict[str, Any]) -> str:
    """Take the entry off."""
    actor = Actor.person(request.user)
    suppression.remove(entry, entered["text"], method=entered["method"], actor=actor, at=now())
    return _("The entry was removed. An objection on record still stands until the person consents anew.")


class SuppressionDesk(ActingAdmin):
    """Adding an entry by hand, and taking one off."""

    acts = (
        Act(
            name="remove",
            title=gettext_lazy("Remove at the person's wish"),
            permission="consent.add_suppressionremoval",
            template="consent/suppression_remove.html",
            do=remove,
            possible=lambda entry: True,
            refusal="",
            form=RemovalForm,
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An officer's act."""
        return request.user.has_perm("consent.add_suppressionentry")

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for a new one; what is recorded is only read."""
        return EntryForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A new entry, with what saving it does."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        text = _(
            "From now on nothing with this address, number or domain is used for marketing, wherever it comes from. "
            "Only a keyed digest is stored, so the list cannot be read. For a contact on record, record an objection."
        )
        fields = ("identifier", "text", "purpose", "channel", "reason")
        return [(None, {"fields": fields, "description": text})]

    def save_model(self, request: HttpRequest, obj: SuppressionEntry, form: EntryForm, change: bool) -> None:
        """Add it on the word of staff, or return the one that says the same."""
        given = form.cleaned_data
        made = suppression.add(
            given["key"],
            SuppressionReason(given["reason"]),
            Authority.STAFF,
            now(),
            identifier=Identifier(given["identifier"]),
            purpose=given["purpose"],
            channel=given["channel"],
        )
        obj.pk = made.pk
        obj.refresh_from_db()
