"""The addresses of every page type of the desk, in a house full of invented people.

They are those that the admin registers: one that is added later is walked too, without a change here.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.urls import reverse

from config.models import User
from consent.models import Breach, Recipient
from contacts.models import Affiliation, Contact, DuplicatePair
from dsar.models import AskedRight, RightsRequest
from dsar.models.requests import Right
from tests.staff import add, list_of, page_of


def pages(user: User) -> Iterator[str]:
    """The home page; of every model its list, its newest record and its form; and the pages that belong to none."""
    yield reverse("admin:index")
    for model, page in sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label):
        label = model._meta.label_lower
        yield list_of(label)
        one = model._default_manager.order_by("-pk").first()
        if one is not None:
            yield page_of(one)
        if page.has_add_permission(_Asked(user)):  # type: ignore[arg-type]
            yield add(label)
    for request in RightsRequest.objects.all():
        yield page_of(request)
    yield from others()


class _Asked:
    """What a permission looks at."""

    def __init__(self, user: User) -> None:
        self.user, self.method = user, "GET"
        self.GET: dict[str, str] = {}


def others() -> Iterator[str]:
    """Pages with a name of their own."""
    breach, pair = Breach.objects.all()[0], DuplicatePair.objects.filter(state="open")[0]
    copied = AskedRight.objects.filter(
        right=Right.ACCESS, request__closed_at=None, request__matches__state="confirmed"
    )[0]
    person = Affiliation.objects.filter(ended_on=None).order_by("pk")[0]
    yield reverse("admin:dsar_rightsrequest_reports")
    yield reverse("admin:consent_processingactivity_dictionary")
    yield reverse("admin:dsar_askedright_contents", args=[copied.pk])
    yield page_of(breach, "search")
    yield page_of(breach, "drafts")
    yield reverse("admin:contacts_duplicatepair_merge", args=[pair.pk])
    yield page_of(Contact.objects.order_by("pk")[0], "history")
    yield page_of(Recipient.objects.order_by("pk")[0])
    yield reverse("directory:contacts_contact_list")
    yield reverse("directory:contacts_contact_page", args=[person.contact_id])
    yield reverse("directory:contacts_organisation_page", args=[person.organisation_id])
