"""The form a file enters by, and the size it may have; the forms of the notices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.models.airlock import ImportBatch, ImportKind
from consent.models.notices import Exemption
from contacts.formats.agreements import FIELDS as AGREEMENT_COLUMNS
from contacts.formats.engagements import FIELDS as ENGAGEMENT_COLUMNS
from contacts.formats.vendors import FIELDS, Format
from contacts.models import Source

MEBIBYTE = 1024 * 1024
MOST_BYTES = 300 * MEBIBYTE
"""The largest upload; about a million contacts as CSV."""
MOST_SUGGESTIONS = 200

KINDS = (
    (ImportKind.CONTACTS, gettext_lazy("Contacts – people, and where their data came from")),
    (ImportKind.AGREEMENTS, gettext_lazy("Agreements – licences, orders and partnerships of organisations")),
    (ImportKind.ENGAGEMENTS, gettext_lazy("Engagements – what known contacts answered, visited or attended")),
)
FORMATS = (
    ("auto", gettext_lazy("Recognise it by its columns")),
    (Format.OBHUT, gettext_lazy("Obhut's own columns")),
    (Format.MAUTIC, "Mautic"),
    (Format.HUBSPOT, "HubSpot"),
    (Format.MAILCHIMP, "Mailchimp"),
    (Format.SALESFORCE, "Salesforce"),
)
FORMAT_NAMES = {str(value): name for value, name in FORMATS if value != "auto"} | {str(Format.OBHUT): "Obhut"}
COLUMNS = {
    gettext_lazy("Contacts"): tuple(FIELDS[Format.OBHUT]),
    gettext_lazy("Agreements"): AGREEMENT_COLUMNS,
    gettext_lazy("Engagements"): ENGAGEMENT_COLUMNS,
}
"""The columns of our own format; those of other systems are recognised."""


class SizeLimit(FileUploadHandler):
    """Lets the bytes beyond MOST_BYTES of one request pass unread, so that no upload can fill the disk (R18)."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.seen = 0

    @property
    def exceeded(self) -> bool:
        """Whether something was left out."""
        return self.seen > MOST_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.exceeded:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class UploadForm(forms.Form):
    """What to import, and what is known about it. `oversized`: the upload was cut off for its size."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What does the file hold?"),
        choices=KINDS,
        widget=forms.RadioSelect,
        initial=ImportKind.CONTACTS,
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, Excel (XLSX) or JSON Lines, 300 MB at most. The first line names the columns."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.jsonl,.ndjson,.json"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "missing": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty. Its first line must name the columns."),
        },
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Which system wrote it?"),
        choices=FORMATS,
        initial="auto",
        help_text=gettext_lazy("Matters for contacts only. Choose a system when the columns were recognised wrongly."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        required=False,
        max_length=ImportBatch._meta.get_field("source_code").max_length,
        help_text=gettext_lazy(
            "Where the data was collected, for rows that do not say it: a known code, or a new short one such as "
            "“fair-2026”. May stay empty."
        ),
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, oversized: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.oversized = oversized
        self.fields["file"].widget.attrs |= {"data-most-bytes": MOST_BYTES, "data-too-large": _too_large()}

    def clean_source(self) -> str:
        """The code as it is known already, whatever its case; a second spelling would be a second source."""
        code: str = self.cleaned_data["source"]
        return Source.objects.filter(code__iexact=code).values_list("code", flat=True).first() or code if code else ""

    def clean(self) -> dict[str, Any]:
        """Say why a file that was too large did not arrive."""
        cleaned = super().clean() or {}
        if self.oversized:
            self.errors.pop("file", None)
            self.add_error("file", _too_large())
        return cleaned

    @staticmethod
    def suggestions() -> list[str]:
        """Codes of known sources, short enough for an import."""
        codes = Source.objects.order_by("code").values_list("code", flat=True)
        longest = ImportBatch._meta.get_field("source_code").max_length or 0
        return [code for code in codes[:MOST_SUGGESTIONS] if len(code) <= longest]


def _too_large() -> str:
    text = _("The file is larger than %(limit)d MB. Split it into several files, each with the header line.")
    return text % {"limit": MOST_BYTES // MEBIBYTE}


class GivenForm(forms.Form):
    """How and when people were informed; the date decides which version of the policy they were told of."""

    METHODS = (
        ("e-mail", gettext_lazy("e-mail")),
        ("letter", gettext_lazy("letter")),
        ("in person", gettext_lazy("in person")),
        ("in a message", gettext_lazy("as part of another message")),
    )
    method = forms.ChoiceField(label=gettext_lazy("How"), choices=METHODS)
    given_on = forms.DateField(
        label=gettext_lazy("On"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The day on which they were informed; the version in force then is recorded."),
    )


class ExemptionForm(forms.Form):
    """Why somebody need not be informed."""

    exemption = forms.ChoiceField(label=gettext_lazy("Because"), choices=Exemption.choices)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What makes it so in this case; it is evidence, so write it for somebody else."),
    )
