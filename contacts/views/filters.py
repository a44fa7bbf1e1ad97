"""The filters of the directory. None finds by a part of what is masked, so nothing is guessed letter by letter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from consent.reach import CHANNELS
from contacts.directory import languages, working
from contacts.filters import named, named_anywhere, reference_in
from contacts.identity import email_key, organisation_key
from contacts.models import Contact, Organisation
from contacts.relationship import Relationship, related

People = QuerySet[Contact, Any]
ANY = _("any")
MOST_LETTERS = 200
MOST_ORGANISATIONS = 200
INDEXED = ("q", "organisation", "country")
SLOW = ("job", "language", "topic", "relationship")


class Choices(forms.Select):
    """A list of choices made at once: a template for each country takes longer than all statements of the page."""

    SELECTED = mark_safe(" selected")

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = str(value or "")
        rows = ((key, self.SELECTED if str(key) == chosen else "", label) for key, label in self.choices)
        options = format_html_join("\n", '<option value="{}"{}>{}</option>', rows)
        attributes = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html("<select{}>{}</select>", attributes, options)


class FilterForm(forms.Form):
    """What was asked for."""

    def clean_q(self) -> str:
        """An address is looked for as a whole or not at all."""
        text: str = self.cleaned_data["q"].strip()
        if "@" in text:
            try:
                email_key(text)
            except ValueError:
                message = _("Enter the whole e-mail address. A part of it finds nobody.")
                raise forms.ValidationError(message) from None
        return text

    def clean_organisation(self) -> str:
        """The organisations meant, kept as `firms`: found first, by their own indexes, and few enough to see all."""
        text: str = self.cleaned_data["organisation"].strip()
        meant = Q(name_key__startswith=organisation_key(text)) | Q(domain=text.lower())
        firms = Organisation.objects.filter(meant).values_list("pk", flat=True)[: MOST_ORGANISATIONS + 1]
        self.firms = list(firms) if text else []
        if len(self.firms) > MOST_ORGANISATIONS:
            raise forms.ValidationError(_("Too many organisations begin like this. Enter more of the name."))
        return text


class PeopleFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The filters, by `on` as the present day; `purposes` are those one may ask about.

    Set `anywhere`, and a name may be found anywhere in it, for when its beginnings found nobody.
    """

    q = django_filters.CharFilter(
        method="by_text",
        label=_("Name, e-mail address or reference"),
        help_text=_("The beginning of a first or last name, a whole address, or a reference such as C-7K3M9Q."),
        max_length=MOST_LETTERS,
    )
    organisation = django_filters.CharFilter(
        method="by_organisation", label=_("Organisation or domain"), max_length=MOST_LETTERS
    )
    job = django_filters.CharFilter(method="by_job", label=_("Role or function"), max_length=MOST_LETTERS)
    country = django_filters.ChoiceFilter(
        choices=lambda: list(countries), label=_("Country"), empty_label=ANY, widget=Choices
    )
    language = django_filters.ChoiceFilter(choices=languages, label=_("Language"), empty_label=ANY, widget=Choices)
    topic = django_filters.CharFilter(method="by_topic", label=_("Topic of interest"), max_length=MOST_LETTERS)
    relationship = django_filters.ChoiceFilter(
        method="by_relationship", choices=Relationship.choices, label=_("Relationship"), empty_label=ANY
    )
    purpose = django_filters.ChoiceFilter(method="unchanged", label=_("To be contacted about"), empty_label=None)
    channel = django_filters.ChoiceFilter(
        method="unchanged", choices=CHANNELS, label=_("Will be reached by"), empty_label=ANY
    )

    known = django_filters.ChoiceFilter(
        method="unchanged", choices=[("no", _("no"))], label=_("Name is known"), empty_label=_("yes")
    )

    class Meta:
        model = Contact
        fields: Sequence[str] = ()
        form = FilterForm

    def __init__(self, data: Any, people: People, purposes: Sequence[Any], on: date) -> None:
        super().__init__(data, people)
        self.on, self.anywhere = on, False
        self.filters["purpose"].extra["choices"] = [(one.code, str(one)) for one in purposes]

    @property
    def people(self) -> People:
        """Those found by what has an index; nobody while something was asked that nobody could mean.

        Whoever looks through everybody meets those without a name apart; whoever searches finds them, too.
        """
        if not self.is_valid():
            return Contact.objects.none()
        found = self._filtered(self.queryset, [name for name in INDEXED if name not in self.slow])
        if self.asked("q") or self.asked("organisation"):
            return found
        named: People = found.filter(name_key="") if self.asked("known") else found.filter(name_key__gt="")
        return named

    @property
    def slow(self) -> tuple[str, ...]:
        """What finds people without an index: a part from the middle of a name, too."""
        return (*SLOW, "q") if self.anywhere else SLOW

    @property
    def is_slow(self) -> bool:
        """Whether something was asked that has no index."""
        return any(self.asked(name) for name in self.slow)

    def narrowed(self, people: People) -> People:
        """Those of some people who fit what has no index."""
        return self._filtered(people, self.slow)

    def _filtered(self, people: People, names: Sequence[str]) -> People:
        for name in names:
            people = self.filters[name].filter(people, self.form.cleaned_data.get(name))
        return people

    def asked(self, name: str) -> str:
        """What was asked under a name; "" for nothing."""
        return str(self.form.cleaned_data.get(name) or "") if self.form.is_valid() else ""

    @property
    def narrows(self) -> bool:
        """Whether anything was asked that leaves people out."""
        return not self.is_valid() or any(self.asked(name) for name in self.form.fields if name != "purpose")

    def unchanged(self, people: People, name: str, value: str) -> People:
        """What the page itself asks, in the permission rule."""
        return people

    def by_text(self, people: People, name: str, text: str) -> People:
        if "@" in text:
            return people.filter(email_key=email_key(text))
        by_name = named_anywhere(text) if self.anywhere else named(text)
        reference = reference_in(text)
        return people.filter(by_name | Q(reference=reference) if reference else by_name)

    def by_organisation(self, people: People, name: str, text: str) -> People:
        return people.filter(pk__in=working(self.on).filter(organisation__in=self.form.firms).values("contact"))

    def by_job(self, people: People, name: str, text: str) -> People:
        there = working(self.on).filter(contact=OuterRef("pk"), role__icontains=text)
        return people.filter(Q(job_title__icontains=text) | Q(job_function__icontains=text) | Q(Exists(there)))

    def by_topic(self, people: People, name: str, text: str) -> People:
        """A whole topic; JSON keeps it with or without escapes, and both databases can read it as text."""
        spelt = {json.dumps(text), json.dumps(text, ensure_ascii=False)}
        held = Q(*(("topics_text__icontains", one) for one in spelt), _connector=Q.OR)
        return people.alias(topics_text=Cast("topics", TextField())).filter(held)

    def by_relationship(self, people: People, name: str, kind: str) -> People:
        return people.filter(related(self.on)[Relationship(kind)])
