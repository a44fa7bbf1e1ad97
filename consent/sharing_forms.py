"""What somebody is asked who wants to pass data on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.dates import local_date, now
from consent.disclosure import BY_EXCEPTION, Contacts, Proposal
from consent.models import ExceptionalDisclosure, Purpose, Recipient
from consent.models.exceptions import ExceptionGround
from consent.shared_fields import BY_CATEGORY, FIELDS, label, labels, most, smallest
from consent.sharing import Format
from contacts.models import Contact


def field_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields that can be passed on, by category."""
    return [
        (str(category.label), [(name, label(name)) for name in names])
        for category, names in BY_CATEGORY.items()
        if names
    ]


class FieldsField(forms.MultipleChoiceField):
    """Names of fields, in the order of the file."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=field_choices, **options)

    def clean(self, value: Any) -> tuple[str, ...]:
        """The names that were ticked."""
        ticked = set(super().clean(value))
        return tuple(name for name in FIELDS if name in ticked)


class ShareForm(forms.Form):
    """To whom, for what, which fields; about one contact, or a list as it was filtered."""

    recipient = forms.ModelChoiceField(Recipient.objects.none(), label=gettext_lazy("Recipient"))
    purpose = forms.ModelChoiceField(Purpose.objects.filter(is_active=True), label=gettext_lazy("Purpose"))
    what_for = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=200,
        help_text=gettext_lazy("The occasion, for the record. No names of persons."),
    )
    fields_wanted = FieldsField(
        label=gettext_lazy("Fields"),
        required=False,
        help_text=gettext_lazy(
            "Tick nothing for the smallest set: names, e-mail, phone, function and organisation, as far as the "
            "purpose needs them. Our reference is always included."
        ),
    )
    file_format = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[(Format.CSV, gettext_lazy("CSV, for spreadsheets")), (Format.JSON, gettext_lazy("JSON, exact"))],
    )
    contact = forms.UUIDField(required=False, widget=forms.HiddenInput)
    contacts = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receiving = Q(ended_on__isnull=True) | Q(ended_on__gt=local_date(now()))
        chosen: Any = self.fields["recipient"]
        chosen.queryset = Recipient.objects.filter(receiving).exclude(kind__in=BY_EXCEPTION)

    def clean(self) -> dict[str, Any]:
        """Nothing beyond the purpose is offered at all; the gate would refuse it too."""
        cleaned = super().clean() or self.cleaned_data
        purpose, wanted = cleaned.get("purpose"), cleaned.get("fields_wanted", ())
        if purpose and not most(purpose):
            self.add_error("purpose", _("Nothing is passed on for this purpose."))
        elif purpose and (more := [name for name in wanted if name not in most(purpose)]):
            text = _("More than this purpose needs (S67): %(fields)s.") % {"fields": labels(more)}
            self.add_error("fields_wanted", text)
        return cleaned

    @property
    def proposal(self) -> Proposal:
        """What was chosen, once the form is valid."""
        chosen = self.cleaned_data
        fields = chosen["fields_wanted"] or smallest(chosen["purpose"])
        return Proposal(chosen["recipient"], fields, purpose=chosen["purpose"])

    @property
    def title(self) -> str:
        """What for."""
        return str(self.cleaned_data["what_for"])

    @property
    def is_empty(self) -> bool:
        """Whether nobody has said yet whom it is about."""
        given = self.data or self.initial
        return not given.get("contact") and "contacts" not in given

    @property
    def about(self) -> str:
        """Whom it is about, in words."""
        given = self.data or self.initial
        try:
            found = Contact.objects.filter(pk=UUID(given.get("contact", ""))).first()
        except ValueError:
            found = None
        if found is not None:
            return _("Contact %(reference)s") % {"reference": found.reference}
        return _("The contacts of the list, as it was filtered") if given.get("contacts") else _("All contacts")


class ExceptionShareForm(forms.Form):
    """Which of the approved fields, of whom it was approved for."""

    exception = forms.ModelChoiceField(
        ExceptionalDisclosure.objects.filter(approved_at__isnull=False), widget=forms.HiddenInput
    )
    fields_wanted = FieldsField(
        label=gettext_lazy("Fields"),
        required=False,
        help_text=gettext_lazy("Tick nothing for all the fields that were approved."),
    )
    file_format = ShareForm.base_fields["file_format"]
    is_empty = False

    @property
    def case(self) -> ExceptionalDisclosure:
        """The exceptional disclosure, once the form is valid."""
        found: ExceptionalDisclosure = self.cleaned_data["exception"]
        return found

    @property
    def proposal(self) -> Proposal:
        """What was chosen, once the form is valid."""
        wanted = self.cleaned_data["fields_wanted"] or tuple(name for name in FIELDS if name in self.case.fields)
        return Proposal(self.case.recipient, wanted, exception=self.case)

    @property
    def title(self) -> str:
        """The matter."""
        return self.case.title

    def people(self) -> Contacts:
        """Those named in its scope; a sale of the business reaches everybody the gate lets through."""
        if self.case.ground == ExceptionGround.TRANSACTION:
            return Contact.objects.all()
        return Contact.objects.filter(pk__in=self.case.scope.values("contact"))

    @property
    def about(self) -> str:
        """Whom it is about, in words."""
        given: Any = (self.data or self.initial).get("exception")
        case = self.fields["exception"].to_python(given) if given else None
        if case is None:
            return ""
        if case.ground == ExceptionGround.TRANSACTION:
            return _("Everybody in the %(register)s") % {"register": case.get_register_display()}
        number = case.scope.count()
        return ngettext(
            "%(number)s contact named in the approval", "%(number)s contacts named in the approval", number
        ) % {"number": number}
