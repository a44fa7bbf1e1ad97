"""What this floor keeps: the policy's field lists, a source for everybody, and a complete data dictionary."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.apps import apps
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.models import Subsidiary
from config.policy.controls import State, Verdict, keeps
from contacts.checks import every_model_is_declared
from contacts.models import Affiliation, Collection, Contact, Source
from contacts.models.provenance import SourceKind
from contacts.personal_data import declaration, declared_models
from contacts.revealing import alarms
from contacts.visibility import of_companies, together

FIELD_LISTS: Final[dict[str, str]] = {
    "S11": "Engagement.device Engagement.ip_address Engagement.referrer Engagement.url Engagement.kind",
    "S13": """
        Contact.first_name Contact.last_name Organisation.name Contact.email Contact.country Organisation.industry
        Organisation.company_size Contact.phone Contact.topics
    """,
    "S16": """
        Organisation.name Contact.salutation Contact.academic_title Contact.first_name Contact.last_name
        Contact.job_title Contact.job_function Contact.language Contact.email Contact.postcode Contact.city
        Contact.state Contact.country Contact.phone Organisation.industry Organisation.revenue
        Organisation.company_size
    """,
    "S31": """
        Contact.first_name Contact.last_name Contact.job_title Affiliation.role Contact.email Contact.phone
        Contact.salutation Contact.academic_title Organisation.name Organisation.street Organisation.postcode
        Organisation.city Organisation.country Contact.language Contact.notification_preferences Contact.linkedin_url
        SystemAccount.login SystemAccount.last_login_at
    """,
}
"""For each clause that lists data: the field that holds each of them."""


def fields_are_declared(clause: str, at: datetime) -> Verdict:
    """Broken when a datum that the clause lists has no field in the data dictionary."""
    names = FIELD_LISTS[clause].split()
    if missing := [name for name in names if not _is_declared(*name.split("."))]:
        return Verdict(State.BROKEN, _("Not in the data dictionary: %(fields)s") % {"fields": ", ".join(missing)})
    return Verdict(
        State.KEPT,
        _("All %(fields)s fields of this list are declared; %(contacts)s contacts are recorded")
        % {"fields": len(names), "contacts": Contact.objects.count()},
    )


def _is_declared(model: str, field: str) -> bool:
    data = declaration(apps.get_model("contacts", model))
    return data is not None and field in (*data.personal, *data.organisational)


for _clause in FIELD_LISTS:
    keeps(_clause, title=gettext_lazy("Every datum of the list has its declared field"))(
        partial(fields_are_declared, _clause)
    )


@keeps("S7", title=gettext_lazy("Contacts are tied to the organisation they work for"))
def contacts_have_an_employer(at: datetime) -> Verdict:
    """At risk when a contact has no organisation, broken when most have none: the policy says "mainly"."""
    contacts = Contact.objects.count()
    alone = Contact.objects.filter(~Exists(Affiliation.objects.filter(contact=OuterRef("pk")))).count()
    state = State.BROKEN if alone * 2 > contacts else State.AT_RISK if alone else State.KEPT
    return Verdict(
        state,
        _("%(alone)s of %(contacts)s contacts are tied to no organisation") % {"alone": alone, "contacts": contacts},
    )


@keeps("S13", "S15", "S16", "S35", "S36", "S37", "S38", title=gettext_lazy("Every contact has a source and a date"))
def contacts_have_a_source(at: datetime) -> Verdict:
    """Broken when nobody can say where a contact came from (Art. 14(2)(f), 15(1)(g))."""
    unknown = Contact.objects.filter(~Exists(Collection.objects.filter(contact=OuterRef("pk")))).count()
    return Verdict(
        State.BROKEN if unknown else State.KEPT,
        _("%(unknown)s of %(contacts)s contacts have no recorded source")
        % {"unknown": unknown, "contacts": Contact.objects.count()},
    )


@keeps("S15", "S35", "S36", "S37", "S38", title=gettext_lazy("Every source is one that the policy names"))
def sources_are_touchpoints(at: datetime) -> Verdict:
    """Broken when a source is of a kind that the policy does not list."""
    foreign = Source.objects.exclude(kind__in=SourceKind.values).count()
    return Verdict(
        State.BROKEN if foreign else State.KEPT,
        _("%(foreign)s of %(sources)s sources are of a kind that the policy does not name")
        % {"foreign": foreign, "sources": Source.objects.count()},
    )


@keeps("S16", "S37", "S38", title=gettext_lazy("Partners and third parties that gave us data are named"))
def suppliers_are_named(at: datetime) -> Verdict:
    """At risk when a partner or third party is recorded as a source without saying which."""
    others = Source.objects.filter(kind__in=(SourceKind.PARTNER, SourceKind.THIRD_PARTY))
    nameless = others.filter(supplier="").count()
    return Verdict(
        State.AT_RISK if nameless else State.KEPT,
        _("%(nameless)s of %(sources)s sources of that kind name no supplier")
        % {"nameless": nameless, "sources": others.count()},
    )


@keeps("S158", "S159", "S160", "S161", title=gettext_lazy("The data dictionary covers every table and field"))
def dictionary_is_complete(at: datetime) -> Verdict:
    """Broken when the system check finds a table, field or link that nobody declared."""
    if problems := every_model_is_declared():
        return Verdict(State.BROKEN, _("The system check finds %(count)s gaps") % {"count": len(problems)})
    declared = [data for _model, data in declared_models()]
    return Verdict(
        State.KEPT,
        _("%(tables)s tables are declared, with %(personal)s personal and %(organisational)s organisational fields")
        % {
            "tables": len(declared),
            "personal": sum(len(data.personal) for data in declared),
            "organisational": sum(len(data.organisational) for data in declared),
        },
    )


@keeps("S64", title=gettext_lazy("Contacts belong to a local company"))
def contacts_have_a_company(at: datetime) -> Verdict:
    """At risk when a contact belongs to no subsidiary, broken when most belong to none: the policy says "mainly"."""
    contacts = Contact.objects.count()
    nobodys = Contact.objects.exclude(of_companies(together(Subsidiary.objects.all()))).count()
    state = State.BROKEN if nobodys * 2 > contacts else State.AT_RISK if nobodys else State.KEPT
    text = _("%(nobodys)s of %(contacts)s contacts belong to no subsidiary, so that no one in sales sees them")
    return Verdict(
        state, text % {"nobodys": nobodys, "contacts": contacts}, reverse("admin:config_subsidiary_changelist")
    )


ALARM_WEEK: Final = timedelta(days=7)


@keeps("S103", title=gettext_lazy("Nobody reveals many contacts unseen"))
def reveals_are_few(at: datetime) -> Verdict:
    """At risk when an account revealed very many contacts within a day of the last week."""
    raised = alarms(at - ALARM_WEEK).filter(at__lte=at).count()
    text = _("Accounts that revealed a hundred contacts or more within a day of the last week: %(raised)s")
    return Verdict(State.AT_RISK if raised else State.KEPT, text % {"raised": raised}, reverse("admin:index"))
