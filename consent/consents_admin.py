"""Consents at the desk: asked for by a mail that the person confirms, taken from a signed form, and withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.acts import Act, ActingAdmin
from config.dates import now
from config.models import Actor
from config.policy.periods import OPT_IN_DAYS
from consent import consents, opt_in
from consent.consents import Evidence
from consent.links import subject_of
from consent.models import Consent, Purpose
from consent.models.consents import USABLE, Channel, ConsentState
from consent.objections_admin import METHODS, whom
from consent.permission import Bar, may_use
from consent.wording import shown, spoken
from contacts.models import Contact

if TYPE_CHECKING:
    _ConsentForm = forms.ModelForm[Consent]
else:
    _ConsentForm = forms.ModelForm

CONFIRMED_BY_MAIL = "confirmation"
STANDING_IN_THE_WAY = {
    Bar.RESTRICTED: gettext_lazy("Processing of this contact is restricted; nothing may be asked or recorded now."),
    Bar.OBJECTED: gettext_lazy("This person objected. Only the person can begin anew, in the preference centre."),
    Bar.SUPPRESSED: gettext_lazy("The address is on the suppression list. Only the person can begin anew."),
    Bar.UNCHECKED: gettext_lazy("The address has yet to be compared with the suppression list. Try again tomorrow."),
}
"""Why nobody else may ask this person for a consent, or note one (Art. 18, 21(3)); the weightiest first."""


def askable() -> QuerySet[Purpose, Purpose]:
    """The purposes that somebody can consent to over a channel; work behind the scenes has its own places (S128)."""
    return Purpose.objects.filter(is_active=True).exclude(channels=[])


class ConsentForm(_ConsentForm):
    """Who consents to what, and how: by confirming a mail, or by something that was signed."""

    contact = whom()
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"), choices=lambda: [(one.code, str(one)) for one in askable()]
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices)
    method = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=((CONFIRMED_BY_MAIL, gettext_lazy("ask by e-mail for a confirmation")), *METHODS),
    )
    text = forms.CharField(
        label=gettext_lazy("Wording"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "What the person agreed to, word for word. Leave it empty to ask by e-mail: the mail has our own wording."
        ),
    )

    class Meta:
        model = Consent
        fields = ("contact", "purpose", "channel", "method", "text")

    def clean(self) -> dict[str, Any]:
        """A confirmation needs an address, anything else its wording; an objection is lifted by the person alone."""
        cleaned = super().clean() or self.cleaned_data
        person, channel = cleaned.get("contact"), cleaned.get("channel")
        purpose = askable().filter(code=cleaned.get("purpose")).first()
        if cleaned.get("method") != CONFIRMED_BY_MAIL:
            if not (cleaned.get("text") or "").strip():
                self.add_error("text", _("Write down what the person agreed to, word for word; it is the evidence."))
        elif person and not person.email:
            self.add_error("contact", _("This contact has no e-mail address to ask at."))
        if purpose and channel and channel not in purpose.channels:
            self.add_error("channel", _("This purpose does not use this channel."))
        elif person and purpose and (reason := _in_the_way(person.pk, purpose, str(channel))):
            self.add_error("contact", reason)
        return cleaned


def _in_the_way(contact: UUID, purpose: Purpose, channel: str) -> str:
    bars = may_use(contact, purpose.code, channel, now()).bars
    return next((str(reason) for bar, reason in STANDING_IN_THE_WAY.items() if bar in bars), "")


def withdraw(request: HttpRequest, event: Consent, entered: dict[str, Any]) -> str:
    """End the consent as the person asked."""
    contact = subject_of(event)
    by = Actor.person(request.user)
    consents.withdraw(contact, event.purpose, event.channel, now(), method=entered["method"], actor=by)
    return _("Withdrawn. Nothing rests on this consent any more.")


def is_in_force(event: Consent) -> bool:
    """Whether the event is what counts for its purpose and channel now, and there is something to withdraw."""
    if event.contact_id is None or event.state not in (*USABLE, ConsentState.REQUESTED):
        return False
    return consents.state_of(event.contact_id, event.purpose, event.channel, now()) == event


class WithdrawalForm(forms.Form):
    """How the person told us."""

    method = forms.ChoiceField(label=gettext_lazy("Told us"), choices=METHODS)


class ConsentDesk(ActingAdmin):
    """Asking for a consent, taking one in, and withdrawing one at the person's word."""

    acts: tuple[Act, ...] = (
        Act(
            name="withdraw",
            title=gettext_lazy("Record a withdrawal"),
            permission="consent.add_consent",
            template="consent/withdraw.html",
            do=withdraw,
            possible=is_in_force,
            refusal=gettext_lazy("This consent is not in force any more."),
            form=WithdrawalForm,
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever works cases takes consents in."""
        return request.user.has_perm("consent.add_consent")

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for a new one; what is recorded is only read."""
        return ConsentForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A new consent, with what saving it does."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        text = _(
            "Asked by e-mail, the consent counts once the person has confirmed it by the link in the mail; a request "
            "that nobody confirms expires after %(days)s days. Anything else counts at once, by the wording you enter, "
            "and lifts no objection. Either joins the marketing register if the purpose is advertising."
        ) % {"days": OPT_IN_DAYS}
        return [(None, {"fields": ConsentForm.Meta.fields, "description": text})]

    def save_model(self, request: HttpRequest, obj: Consent, form: ConsentForm, change: bool) -> None:
        """Ask, or record, by the same code as the public pages."""
        said, by = form.cleaned_data, Actor.person(request.user)
        person, channel = said["contact"], said["channel"]
        purpose = Purpose.objects.get(code=said["purpose"])
        if said["method"] == CONFIRMED_BY_MAIL:
            evidence = _wording(person, purpose, channel)
            made = opt_in.request(person.pk, purpose.code, now(), evidence=evidence, actor=by, channel=channel)
        else:
            evidence = Evidence(said["method"], by_subject=False, text=said["text"], language=person.language)
            made = consents.give(person.pk, purpose.code, channel, now(), evidence=evidence, actor=by)
        obj.pk = made.pk
        obj.refresh_from_db()


def _wording(person: Contact, purpose: Purpose, channel: str) -> Evidence:
    """Our own wording, in the person's language: what the mail will say."""
    language = spoken(person.language)
    with translation.override(language):
        return Evidence(opt_in.METHOD, by_subject=False, text=shown(purpose, channel), language=language)
