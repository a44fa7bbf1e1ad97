"""Objections and restrictions at the desk: taken in by phone, letter or mail, weighed, and lifted after a notice."""

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
from consent import aside, objections, restrictions
from consent.models import Objection, Purpose, Restriction
from consent.models.consents import Channel
from consent.models.objections import BalancingResult, ObjectionGround, RestrictionGround
from contacts.links import ContactField
from contacts.models import Contact

if TYPE_CHECKING:
    _ObjectionForm = forms.ModelForm[Objection]
    _RestrictionForm = forms.ModelForm[Restriction]
else:
    _ObjectionForm = _RestrictionForm = forms.ModelForm

METHODS = (
    ("phone", gettext_lazy("by phone")),
    ("letter", gettext_lazy("by letter")),
    ("mail", gettext_lazy("by e-mail")),
    ("in person", gettext_lazy("in person")),
)
"""How somebody told us, outside the public pages."""


def whom(**options: Any) -> ContactField:
    """The field for the contact that a form is about."""
    help_text = gettext_lazy("A reference such as C-7K3M9Q, or an e-mail address.")
    return ContactField(Contact.objects.all(), label=gettext_lazy("Contact"), help_text=help_text, **options)


def purpose_choices() -> list[tuple[str, str]]:
    """Every purpose that an objection can be about, after "all"."""
    return [("", _("all")), *((one.code, str(one)) for one in Purpose.objects.all())]


def channel_choices() -> list[tuple[str, Any]]:
    """Every channel, after "all"."""
    return [("", _("all")), *Channel.choices]


# Objections ---------------------------------------------------------------------------------------------------------


class ObjectionForm(_ObjectionForm):
    """What the person objects to, and how they told us."""

    contact = whom()
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=purpose_choices, required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=channel_choices, required=False)
    method = forms.ChoiceField(label=gettext_lazy("Told us"), choices=METHODS)

    class Meta:
        model = Objection
        fields = ("contact", "ground", "purpose", "channel", "statement", "method")

    def clean(self) -> dict[str, Any]:
        """Own grounds need grounds, and are about processing, whatever the channel."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("ground") == ObjectionGround.OWN_SITUATION:
            if not (cleaned.get("statement") or "").strip():
                self.add_error("statement", _("Write down what the person says about their situation."))
            if cleaned.get("channel"):
                self.add_error("channel", _("An objection on own grounds is about every channel."))
            return cleaned
        purpose = cleaned.get("purpose")
        if purpose and not Purpose.objects.filter(code=purpose, is_marketing=True).exists():
            self.add_error("purpose", _("This is no direct marketing. It can be objected to on own grounds."))
        return cleaned


class BalancingForm(forms.Form):
    """The decision, with its grounds."""

    result = forms.ChoiceField(label=gettext_lazy("Decision"), choices=BalancingResult, widget=forms.RadioSelect)
    grounds = forms.CharField(
        label=gettext_lazy("Grounds"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("What was weighed against what, and why it weighs more. It goes into the answer."),
    )


def balance(request: HttpRequest, objection: Objection, entered: dict[str, Any]) -> str:
    """Record the decision."""
    result = BalancingResult(entered["result"])
    objections.balance(objection, result, entered["grounds"], now(), actor=Actor.person(request.user))
    if result is BalancingResult.UPHELD:
        return _("Recorded. The processing stays barred; offer the person the erasure of what rested on it.")
    return _("Recorded. Tell the person, and lift the restriction then.")


class ObjectionDesk(ActingAdmin):
    """Taking in an objection and weighing one."""

    acts: tuple[Act, ...] = (
        Act(
            name="balance",
            title=gettext_lazy("Weigh this objection"),
            permission="consent.add_balancing",
            template="consent/balance.html",
            do=balance,
            possible=lambda objection: (
                objection.ground == ObjectionGround.OWN_SITUATION
                and objection.contact_id is not None
                and not hasattr(objection, "balancing")
            ),
            refusal=gettext_lazy("This objection has been decided already, or is absolute and not weighed."),
            form=BalancingForm,
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever works cases takes objections in."""
        return request.user.has_perm("consent.add_objection")

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for a new one; what is recorded is only read."""
        return ObjectionForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A new objection, with what saving it does."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        text = _(
            "To direct marketing: it takes effect at once. The address goes on the suppression list, consents it "
            "covers end, and an objection to everything ends the marketing register. On own grounds: the processing is "
            "restricted until an officer has weighed it. Neither can be taken back here."
        )
        return [(None, {"fields": ObjectionForm.Meta.fields, "description": text})]

    def save_model(self, request: HttpRequest, obj: Objection, form: ObjectionForm, change: bool) -> None:
        """Heed it by the same code as the public pages."""
        said = form.cleaned_data
        common = {"method": said["method"], "actor": Actor.person(request.user), "purpose": said["purpose"]}
        common["statement"] = said["statement"]
        if said["ground"] == ObjectionGround.MARKETING:
            made = objections.to_marketing(said["contact"].pk, now(), channel=said["channel"], **common)
        else:
            made = objections.on_own_grounds(said["contact"].pk, now(), **common)
        obj.pk = made.pk
        obj.refresh_from_db()


# Restrictions -------------------------------------------------------------------------------------------------------


class RestrictionForm(_RestrictionForm):
    """Whose data, and on which ground; an objection restricts by itself."""

    contact = whom()
    ground = forms.ChoiceField(
        label=gettext_lazy("Ground"),
        choices=[choice for choice in RestrictionGround.choices if choice[0] != RestrictionGround.OBJECTION],
    )

    class Meta:
        model = Restriction
        fields = ("contact", "ground", "note")


def told(request: HttpRequest, restriction: Restriction) -> str:
    """Record the notice of Art. 18(3)."""
    restrictions.told(restriction, now(), actor=Actor.person(request.user))
    return _("Recorded. The restriction can be lifted now.")


class LiftForm(forms.Form):
    """What becomes of the events that arrived meanwhile."""

    stored_aside = forms.ChoiceField(
        label=gettext_lazy("Responses and visits that arrived meanwhile"),
        choices=restrictions.STORED_ASIDE,
        widget=forms.RadioSelect,
    )


def lift(request: HttpRequest, restriction: Restriction, entered: dict[str, Any]) -> str:
    """End the restriction."""
    take_in = entered["stored_aside"] == restrictions.TAKE_IN
    restrictions.lift(restriction, now(), actor=Actor.person(request.user), take_in=take_in)
    return _("Lifted. Import again contacts and changes that the airlock turned away meanwhile.")


class RestrictionDesk(ActingAdmin):
    """Restricting, and lifting after the person was told."""

    acts: tuple[Act, ...] = (
        Act(
            name="told",
            title=gettext_lazy("Record that the person was told"),
            permission="consent.change_restriction",
            template="consent/restriction_told.html",
            do=told,
            possible=lambda one: one.lifted_at is None and one.notice_before_lift_at is None,
            refusal=gettext_lazy("The person has been told already, or the restriction is lifted."),
        ),
        Act(
            name="lift",
            title=gettext_lazy("Lift this restriction"),
            permission="consent.change_restriction",
            template="consent/restriction_lift.html",
            do=lift,
            possible=lambda one: one.lifted_at is None and one.notice_before_lift_at is not None,
            refusal=gettext_lazy("Tell the person before lifting the restriction, and record when."),
            form=LiftForm,
            context=lambda one: {"aside": aside.waiting(one.contact_id).count()},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An officer's decision."""
        return request.user.has_perm("consent.add_restriction")

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form for a new one; what is recorded is only read."""
        return RestrictionForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A new restriction, with what saving it does."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        text = _(
            "From now on the contact's data is only stored: no message, no audience, no import and no profile uses it, "
            "and no rule erases it. It ends by being lifted, after the person was told."
        )
        return [(None, {"fields": RestrictionForm.Meta.fields, "description": text})]

    def save_model(self, request: HttpRequest, obj: Restriction, form: RestrictionForm, change: bool) -> None:
        """Restrict by the same code as an objection does."""
        given = form.cleaned_data
        made = restrictions.restrict(
            given["contact"].pk,
            RestrictionGround(given["ground"]),
            now(),
            actor=Actor.person(request.user),
            note=given["note"],
        )
        obj.pk = made.pk
        obj.refresh_from_db()
