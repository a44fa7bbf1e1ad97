"""Suppliers and company facts (S16, S17, S76-S79): named, licensed, and kept apart from what is known of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.policy.controls import State, Verdict, keeps
from contacts.models import Collection, Contact, FactSource, Organisation, Source
from contacts.suppliers import LICENSED, NAMED, NOT_FROM_OTHERS, OTHERS, in_force, undescribed, without_licence

SOON: Final = timedelta(days=30)
COMPANY_ONLY: Final = {"industry", "company_size", "revenue", "domain"}
"""Facts of a company that no person has."""


@keeps("S16", "S76", "S77", "S78", title=gettext_lazy("Suppliers of data have a licence in force"))
def suppliers_are_licensed(at: datetime) -> Verdict:
    """Broken when a supplier in use has no licence at all, at risk when one has ended or ends within 30 days."""
    on = local_date(at)
    used = Source.objects.filter(Exists(Collection.objects.filter(source=OuterRef("pk"))), kind__in=LICENSED)
    never = used.filter(licence="").count()
    over = used.filter(without_licence(on)).exclude(licence="").count()
    ending = used.filter(in_force(on), licence_until_on__lt=on + SOON).count()
    text = _("Of %(used)s suppliers in use %(never)s have no licence, %(over)s none any more, and %(ending)s end soon")
    return Verdict(
        State.BROKEN if never else State.AT_RISK if over or ending else State.KEPT,
        text % {"used": used.count(), "never": never, "over": over, "ending": ending},
        reverse("admin:contacts_source_changelist", query={"licence": "none"}) if never or over else "",
    )


@keeps("S79", title=gettext_lazy("Of every supplier we can say where it has the data from"))
def origins_are_known(at: datetime) -> Verdict:
    """At risk when a notice could not say whether the data are from private or public sources, or from the person."""
    suppliers = Source.objects.filter(kind__in=NAMED)
    silent = suppliers.filter(undescribed()).count()
    return Verdict(
        State.AT_RISK if silent else State.KEPT,
        _("%(silent)s of %(suppliers)s partners and third parties lack a name or where they have the data from")
        % {"silent": silent, "suppliers": suppliers.count()},
        reverse("admin:contacts_source_changelist", query={"licence": "silent"}) if silent else "",
    )


@keeps("S16", title=gettext_lazy("Third parties and public sources give only what the list names"))
def others_give_what_is_listed(at: datetime) -> Verdict:
    """At risk when data beyond the list came from such a source: the policy says "as a rule"."""
    lists = Collection.objects.filter(source__kind__in=OTHERS).order_by().values_list("fields").annotate(Count("pk"))
    found = [(set(fields) & set(NOT_FROM_OTHERS), count) for fields, count in lists]
    beyond = set[str]().union(*(names for names, _count in found))
    numbers = {
        "beyond": sum(count for names, count in found if names),
        "collections": sum(count for _names, count in found),
    }
    text = _("%(beyond)s of %(collections)s collections from such sources hold more than the list") % numbers
    return Verdict(State.AT_RISK if beyond else State.KEPT, ": ".join(filter(None, [text, ", ".join(sorted(beyond))])))


@keeps("S17", title=gettext_lazy("Company facts are kept apart from people, each with its source"))
def company_facts_stay_apart(at: datetime) -> Verdict:
    """Broken when a company's fact is recorded as a person's, or a person's as a company's."""
    personal = set(Contact.personal_data.personal) - set(Organisation.personal_data.organisational)
    mixed = sum(count for names, count in _lists(Collection) if COMPANY_ONLY & set(names))
    mixed += sum(count for names, count in _lists(FactSource) if personal & set(names))
    text = _("%(facts)s entries say where company facts are from; %(mixed)s mix up a company and a person")
    return Verdict(State.BROKEN if mixed else State.KEPT, text % {"facts": FactSource.objects.count(), "mixed": mixed})


def _lists(model: type[Collection | FactSource]) -> list[tuple[list[str], int]]:
    """Each list of fields that occurs, and how often; a register has few."""
    return list(model._base_manager.order_by().values_list("fields").annotate(Count("pk")))
