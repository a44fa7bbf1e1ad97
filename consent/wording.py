"""The words in which a person is asked: what each purpose means, and the sentence that a ticked box agrees to.

A consent keeps these words as evidence (Art. 7(1)), so the page and the evidence take them from here.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from config.models import Controller
from consent.models import Purpose
from consent.models.consents import Channel

MEANINGS: Final = {
    "service_information": _("News about our services that may help you in your work."),
    "surveys": _("Invitations to customer surveys and contests."),
    "marketing": _("Advertising for our services that is the same for everybody."),
    "personalised_marketing": _("Advertising for our services that is chosen by your work and your interests."),
    "know_how": _("What we know about cyber security and our services: articles, webinars and events."),
    "renewals": _("Offers to renew or extend the licences and services of your organisation."),
    "offers": _("Our other offers for customers and partners."),
    "feedback": _("Questions about how content you are with us."),
    "profiling": _(
        "From your activity on our own websites we see which services interest you. If you refuse, the profile is "
        "deleted; our messages may then be less relevant to you and your employer."
    ),
    "website_activity": _(
        "We record your visits to our websites: your device, your IP address, how you got there and what you do there."
    ),
}
"""What each purpose that is asked for means to the person (S11, S19, S40, S53-S59)."""

CHANNELS: Final = {
    str(Channel.EMAIL): _("By e-mail"),
    str(Channel.PHONE): _("By phone"),
    str(Channel.POST): _("By post"),
    "": _("Yes, I agree"),
}
"""What stands beside a box; work behind the scenes has no channel."""


def meaning(purpose: Purpose) -> str:
    """What a purpose means, in the language of the moment; where the catalogue says nothing, what staff wrote."""
    return str(MEANINGS.get(purpose.code, purpose.note))


def agreement() -> str:
    """The sentence above the boxes."""
    controller = Controller.objects.first()
    return gettext(
        "With each box that I tick I consent that %(controller)s may use my data for this purpose and in this way. "
        "I can withdraw my consent at any time on this page; what happened before stays lawful."
    ) % {"controller": controller.name if controller else ""}


def shown(purpose: Purpose, channel: str) -> str:
    """Everything the page says about one box, as it is kept with the consent."""
    lines = (agreement(), str(purpose), meaning(purpose), str(CHANNELS[channel]))
    return "\n".join(line for line in lines if line)


def spoken(language: str) -> str:
    """The person's language where we speak it, else the one that the browser asks for."""
    return language if language in dict(settings.LANGUAGES) else get_language() or settings.LANGUAGE_CODE
