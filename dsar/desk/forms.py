"""What staff enter: a request that reached them another way, and the fields of the case page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import now
from consent.models import Purpose
from consent.models.consents import Channel
from contacts.formats.rows import LIMITS
from contacts.identity import clean_email
from contacts.links import ContactField
from contacts.models import Contact
from dsar.intake import Asker, Wish
from dsar.models.requests import ReceivedBy, Right

BY_STAFF = [choice for choice in ReceivedBy.choices if choice[0] != ReceivedBy.FORM]
DATE: Final[dict[str, Any]] = {"type": "date", "aria-label": gettext_lazy("Day")}
TIME: Final[dict[str, Any]] = {"type": "time", "aria-label": gettext_lazy("Time of day")}


def purposes() -> list[tuple[str, str]]:
    """Every purpose, after "all"."""
    return [("", _("all")), *((one.code, str(one)) for one in Purpose.objects.all())]


class EntryForm(forms.Form):
    """A request that came by phone, letter or mail, or to somebody it was not meant for (S151)."""

    received_by = forms.ChoiceField(
        label=gettext_lazy("How it reached us"),
        choices=BY_STAFF,
        help_text=gettext_lazy("Also a place the policy does not name: the clock starts there."),
    )
    received_at = forms.SplitDateTimeField(
        label=gettext_lazy("When it reached us"),
        widget=forms.SplitDateTimeWidget(
            date_attrs=DATE,
            time_attrs=TIME,
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        help_text=gettext_lazy("The true day of receipt, however late it came to the privacy office."),
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("What the person asks for"), choices=Right.choices, widget=forms.CheckboxSelectMultiple
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        choices=purposes,
        required=False,
        help_text=gettext_lazy("For an objection to marketing or a withdrawal that is about one purpose only."),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"), choices=[("", gettext_lazy("all")), *Channel.choices], required=False
    )
    text = forms.CharField(
        label=gettext_lazy("What the person said or wrote"), required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False, max_length=LIMITS["email"])
    phone = forms.CharField(label=gettext_lazy("Phone"), required=False, max_length=LIMITS["phone"])
    organisation = forms.CharField(
        label=gettext_lazy("Organisation"), required=False, max_length=LIMITS["organisation"]
    )
    postal_address = forms.CharField(
        label=gettext_lazy("Postal address"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the answer"), choices=settings.LANGUAGES)
    contact = ContactField(
        Contact.objects.all(),
        label=gettext_lazy("Contact, where you are sure"),
        required=False,
        help_text=gettext_lazy("A reference such as C-7K3M9Q, or an e-mail address. Otherwise Obhut searches."),
    )

    def clean_email(self) -> str:
        """An address that the register would take."""
        text = str(self.cleaned_data["email"])
        try:
            return clean_email(text)[0] if text else ""
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem

    def clean_received_at(self) -> datetime:
        """Not in the future."""
        moment: datetime = self.cleaned_data["received_at"]
        if moment > now():
            raise ValidationError(_("A request cannot be received in the future."))
        return moment

    def clean(self) -> dict[str, Any]:
        """Somebody must be answered."""
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in ("email", "phone", "postal_address", "contact")):
            raise ValidationError(_("Enter an address or a phone number, or the contact: somebody must be answered."))
        return cleaned

    def asker(self) -> Asker:
        """Who asks."""
        names = ("name", "email", "phone", "organisation", "postal_address")
        return Asker(**{name: self.cleaned_data[name].strip() for name in names})

    def wish(self) -> Wish:
        """What they ask for."""
        known = self.cleaned_data
        return Wish(known["rights"], known["text"].strip(), known["purpose"], known["channel"], known["language"])
