"""The form for one contact: what a person at the keyboard may enter, and what is refused with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.checks import Finding, findings
from config.admin_site.widgets import SearchSelect
from config.dates import local_date, now
from contacts import merged
from contacts.formats.rows import LIMITS
from contacts.identity import clean_email, clean_phone
from contacts.models import Affiliation, Contact

if TYPE_CHECKING:
    _ContactForm = forms.ModelForm[Contact]
    _AffiliationFormSet = BaseInlineFormSet[Affiliation, Contact, forms.ModelForm[Affiliation]]
else:
    _ContactForm, _AffiliationFormSet = forms.ModelForm, BaseInlineFormSet


class TopicsField(forms.CharField):
    """Topics as one line of text, separated by semicolons."""

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        topics = [topic.strip() for topic in (value or "").split(";")]
        return list(dict.fromkeys(topic for topic in topics if topic))

    def validate(self, value: Any) -> None:
        if any(len(topic) > LIMITS["topic"] for topic in value):
            raise ValidationError(_("A topic has at most %(limit)d characters.") % {"limit": LIMITS["topic"]})

    def run_validators(self, value: Any) -> None:
        """The limits are those of the topics, not of the line."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class ContactForm(_ContactForm):
    """One contact. Refuses an address that somebody else has, a day in the future, and a stale page.

    `user` is the account that asks. After `clean`, `settled` has what saving entails, and `to_confirm` what this
    account may allow by a tick.
    """

    user: ClassVar[Any] = None

    topics = TopicsField(
        label=gettext_lazy("Topics of interest"),
        required=False,
        help_text=gettext_lazy("Separated by semicolons."),
    )

    informed = forms.BooleanField(
        label=gettext_lazy("The person has been informed"),
        required=False,
        help_text=gettext_lazy(
            "Tick this when the privacy notice was shown or handed over. Else we owe one, within a month of the day of "
            "collection."
        ),
    )

    def clean_email(self) -> str:
        """The address in the form we display; its matching key must be nobody else's."""
        typed: str = self.cleaned_data["email"]
        if not typed:
            return ""
        try:
            email, key = clean_email(typed)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None
        other = merged.contact_with(key)
        if other is not None and other.pk != self.instance.pk:
            raise ValidationError(
                _("This address belongs to %(contact)s. Open that contact instead of adding a second one.")
                % {"contact": other.reference}
            )
        return email

    def clean_collected_on(self) -> Any:
        """Nothing can have been collected tomorrow (E8)."""
        if (day := self.cleaned_data["collected_on"]) and day > local_date(now()):
            raise ValidationError(_("This day is in the future. Enter the day on which we got the data."))
        return day

    def clean_in_marketing(self) -> bool:
        """Leaving the register deletes its data, so it is an act of its own and not a tick taken away."""
        wanted: bool = self.cleaned_data["in_marketing"]
        if self.instance.in_marketing and not wanted:
            raise ValidationError(
                _("A contact leaves marketing by the rule, by an objection or by a withdrawal, not by this tick.")
            )
        return wanted

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "phone" in cleaned:
            cleaned["phone"] = clean_phone(cleaned["phone"], str(cleaned.get("country") or ""))
        if not self.instance._state.adding and self._is_stale():
            raise ValidationError(
                _("Somebody changed this contact since you opened the page. Open it again and repeat your change.")
            )
        self._ask_others(cleaned)
        return cleaned

    def _ask_others(self, cleaned: dict[str, Any]) -> None:
        """Sort what the higher floors find into what is refused, what may be allowed by a tick, and what is settled."""
        self.settled: list[Finding] = []
        self.to_confirm: list[Finding] = []
        for found in list(findings(self.instance, cleaned)):
            may_confirm = bool(found.confirm) and self.user is not None and self.user.has_perm(found.permission)
            if may_confirm:
                self.to_confirm.append(found)
            if found.settle and (not found.confirm or (may_confirm and found.box in self.data)):
                self.settled.append(found)
            else:
                self.add_error(found.field if found.field in self.fields else None, found.message)

    def _is_stale(self) -> bool:
        seen = self.data.get("seen_at")
        return bool(seen) and seen != self.instance.updated_at.isoformat()


class AffiliationFormSet(_AffiliationFormSet):
    """The affiliations of a contact; a new contact needs one of them, or the marketing register (E45)."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """The employer's name has been read with the affiliation."""
        super().add_fields(form, index)
        if form.instance.organisation_id and (widget := _search(form)) is not None:
            widget.known = form.instance.organisation

    def clean(self) -> None:
        super().clean()
        is_new = self.instance._state.adding
        linked = any(form.cleaned_data.get("organisation") for form in self.forms if hasattr(form, "cleaned_data"))
        if is_new and not linked and not self.instance.in_marketing:
            raise ValidationError(
                _("Tick “in the marketing register”, or add an affiliation: nobody is kept without a register.")
            )


def _search(form: Any) -> SearchSelect | None:
    """The search field for the organisation; a page that only shows has none."""
    field = form.fields.get("organisation")
    inner = getattr(field.widget, "widget", field.widget) if field else None  # within the admin's links beside it
    return inner if isinstance(inner, SearchSelect) else None
