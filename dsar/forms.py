"""The public form, in the words of whoever fills it in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.formats.rows import LIMITS
from contacts.identity import clean_email
from dsar.intake import Asker, Wish
from dsar.models.requests import Right

WISHES = (
    (Right.ACCESS, _("I want to know what you hold about me, and get a copy")),
    (Right.RECTIFICATION, _("Something about me is wrong or out of date")),
    (Right.ERASURE, _("Delete my data")),
    (Right.RESTRICTION, _("Keep my data, but do not use it until a problem is solved")),
    (Right.PORTABILITY, _("Give me the data I gave you in a machine-readable form, or send it to somebody else")),
    (Right.MARKETING_OBJECTION, _("I want no advertising any more")),
    (Right.WITHDRAWAL, _("I withdraw my consent")),
    (Right.OBJECTION, _("I object to another use of my data")),
    (Right.COMPLAINT, _("I have a complaint")),
)
"""The rights of S109 to S137, as people would say it."""
MOST_TEXT = 5_000


class RequestForm(forms.Form):
    """A request over the website: at least one wish, and an address to answer to."""

    rights = forms.MultipleChoiceField(
        label=_("What do you want?"),
        choices=WISHES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose what you want.")},
    )
    text = forms.CharField(
        label=_("What should we know?"),
        help_text=_(
            "For example what is wrong and what is right. If you object or want something deleted, tell us why: it "
            "helps us to decide. Please send no copy of an identity card."
        ),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("Best the one we may know you by. We send you a link to confirm it."),
        max_length=LIMITS["email"],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    organisation = forms.CharField(
        label=_("Your organisation (optional)"),
        required=False,
        max_length=LIMITS["organisation"],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    phone = forms.CharField(
        label=_("Your phone number (optional)"),
        required=False,
        max_length=LIMITS["phone"],
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )

    def clean_email(self) -> str:
        """An address that the register would take, too."""
        try:
            return clean_email(self.cleaned_data["email"])[0]
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem

    def clean_name(self) -> str:
        """One line: it becomes part of no header, and of no other line."""
        return " ".join(self.cleaned_data["name"].split())

    def asker(self) -> Asker:
        """Who asks."""
        known: dict[str, Any] = self.cleaned_data
        return Asker(known["name"], known["email"], known["phone"].strip(), known["organisation"].strip())

    def wish(self, language: str) -> Wish:
        """What they ask for, and the language of the page they asked on."""
        return Wish(self.cleaned_data["rights"], self.cleaned_data["text"].strip(), language=language)
