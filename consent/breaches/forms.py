"""What is asked about a breach: its facts, the two decisions, and where to look for the people concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import now
from config.models import AccessKind, User
from consent.breaches.search import Search
from consent.models import Breach
from consent.models.breaches import BreachNature, NotTelling
from consent.models.purposes import Category

if TYPE_CHECKING:
    _BreachForm = forms.ModelForm[Breach]
else:
    _BreachForm = forms.ModelForm

MINUTE = "%Y-%m-%dT%H:%M"


def moment(label: Any, **options: Any) -> forms.DateTimeField:
    """A field for a moment, in the controller's time zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTE)
    return forms.DateTimeField(label=label, widget=widget, input_formats=[MINUTE, "%Y-%m-%dT%H:%M:%S"], **options)


def several_lines(label: Any, **options: Any) -> forms.CharField:
    """A field for several lines."""
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}), **options)


class BreachForm(_BreachForm):
    """The facts, as far as they are known; names of persons do not belong here."""

    natures = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of breach"), choices=BreachNature, widget=forms.CheckboxSelectMultiple
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Categories of data"),
        choices=Category,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    aware_at = moment(
        gettext_lazy("We became aware at"),
        help_text=gettext_lazy("The 72 hours begin here: when we were reasonably certain that data was affected."),
    )
    began_at = moment(gettext_lazy("Began at"), required=False)
    description = several_lines(gettext_lazy("What happened"), required=False)
    consequences = several_lines(gettext_lazy("Likely consequences"), required=False)
    measures = several_lines(gettext_lazy("Measures taken or proposed"), required=False)

    class Meta:
        model = Breach
        fields = (
            "title", "natures", "description", "aware_at", "began_at", "risk", "categories", "people_estimated",
            "records_estimated", "consequences", "measures",
        )  # fmt: skip

    def clean_aware_at(self) -> Any:
        """Nobody becomes aware in the future."""
        at = self.cleaned_data["aware_at"]
        if at > now():
            raise forms.ValidationError(_("This is in the future."))
        return at


def yes_or_no(label: Any, yes: Any, no: Any) -> forms.TypedChoiceField:
    """A decision between two."""
    return forms.TypedChoiceField(
        label=label, choices=[("yes", yes), ("no", no)], coerce=lambda value: value == "yes", widget=forms.RadioSelect
    )


class AuthorityForm(forms.Form):
    """Whether the authority is notified, and why."""

    notify = yes_or_no(
        gettext_lazy("Decision"),
        gettext_lazy("Notify the authority"),
        gettext_lazy("Do not notify it: a risk for the people is unlikely"),
    )
    reason = several_lines(gettext_lazy("Reason"))


class NotifiedForm(forms.Form):
    """A notification that was sent, or a further phase of it."""

    sent_at = moment(gettext_lazy("Sent at"))
    said = several_lines(gettext_lazy("What it said, and its number"), required=False)
    delay_reason = several_lines(gettext_lazy("Reasons for the delay, when later than 72 hours"), required=False)


class PeopleForm(forms.Form):
    """Whether the people are told, and why."""

    tell = yes_or_no(gettext_lazy("Decision"), gettext_lazy("Tell the people"), gettext_lazy("Do not tell them"))
    why = forms.ChoiceField(
        label=gettext_lazy("If the risk is high and they are not told"),
        choices=[("", "–"), *NotTelling.choices],
        required=False,
    )
    reason = several_lines(gettext_lazy("Reason"))


class ToldForm(forms.Form):
    """When the people were told."""

    told_at = moment(gettext_lazy("Told at"))


class SearchForm(forms.Form):
    """Who may have seen what, and when."""

    since = moment(gettext_lazy("From"))
    until = moment(gettext_lazy("Through"))
    account = forms.ModelChoiceField(
        User.objects.order_by("username"),
        label=gettext_lazy("Account"),
        required=False,
        empty_label=gettext_lazy("any account"),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("How"), choices=[("", gettext_lazy("any way")), *AccessKind.choices], required=False
    )
    view = forms.CharField(
        label=gettext_lazy("A part of the page's name"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("As the read log names it, such as audienceexport. Leave it empty for every page."),
    )

    def clean(self) -> dict[str, Any]:
        """Time runs forward."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", _("This is before the beginning."))
        return cleaned

    @property
    def search(self) -> Search:
        """What was asked, once the form is valid."""
        asked = self.cleaned_data
        account = asked["account"].pk if asked["account"] else None
        return Search(asked["since"], asked["until"], account, asked["kind"], asked["view"].strip())

    @property
    def words(self) -> str:
        """The same in a line for the record: ids and times, no names."""
        asked = self.search
        parts = (f"{asked.since:%Y-%m-%d %H:%M}–{asked.until:%Y-%m-%d %H:%M}", asked.account, asked.kind, asked.view)
        return ", ".join(str(part) for part in parts if part)
