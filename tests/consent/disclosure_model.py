"""A second opinion on the gate, written from the law and the policy in plain Python; it asks no database."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

KINDS = (
    "subsidiary channel_partner processor sub_processor ad_network payment analytics credit_agency insurer authority "
    "acquirer"
).split()
COUNTRIES = ("FI", "NO", "GB", "US", "IN")
"""In the European Union, in the EEA only, adequate, adequate where listed, and none of it."""
TOOLS = ("none", "good", "listed", "past review", "not yet", "wrong module", "derogation")
PEOPLE = (
    "customer in FI, customer in DE, customer without country, prospect, prospect negotiating, "
    "restricted, objects to marketing, objects, not informed, in no register"
).split(", ")
FIELDS = (("email",), ("first_name", "topics"), ("email", "interest_score"), ("street", "organisation"))
PURPOSES = ("orders", "requested_services", "service_information")
GRANTS = {
    "orders": {"identity", "address", "work", "organisation"},
    "requested_services": {"identity", "address", "work", "organisation", "interests"},
    "service_information": {"identity", "address", "work"},
}
CATEGORY = {
    "email": "address",
    "first_name": "identity",
    "topics": "interests",
    "interest_score": "activity",
    "street": "address",
    "organisation": "organisation",
}
PROSPECTS = ("prospect", "prospect negotiating")


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    kind: str
    country: str
    tool: str
    who: str
    purpose: str
    fields: tuple[str, ...]
    ground: str = ""
    """An approved exception on this ground, which names the person and the fields; "" for the catalogue."""


def transfer_allowed(case: Case) -> bool:
    """Chapter V: inside the EEA, adequate, or with a tool that counts today."""
    if case.country in ("FI", "NO", "GB"):
        return True
    if case.tool == "good":
        return True
    if case.tool == "listed":
        return case.country == "US"
    return case.tool == "derogation" and bool(case.ground)


def may_pass(case: Case) -> bool:
    """Whether the data may go."""
    if not transfer_allowed(case):
        return False
    if case.ground:
        return exceptional(case)
    forbidden = (
        case.kind in ("authority", "insurer", "acquirer"),
        {CATEGORY[name] for name in case.fields} - GRANTS[case.purpose],
        case.who in ("restricted", "objects", "not informed", "in no register"),
        case.who in PROSPECTS and case.purpose == "orders",
        case.who == "objects to marketing" and ("topics" in case.fields or case.purpose == "service_information"),
    )
    return not any(forbidden) and interests_allowed(case)


def interests_allowed(case: Case) -> bool:
    """S60-S62, S68: profiles, interests, negotiations and regions."""
    if "interest_score" in case.fields and case.kind != "subsidiary":
        return False
    wants = "topics" in case.fields
    if wants and case.kind not in ("subsidiary", "channel_partner", "processor", "sub_processor"):
        return False
    if case.kind != "channel_partner":
        return True
    if case.who in ("customer in DE", "customer without country"):
        return False
    is_customer = case.who not in PROSPECTS
    return case.who == "prospect negotiating" or (is_customer and not wants)


def exceptional(case: Case) -> bool:
    """S83-S86: the order or the assessed interest, with Art. 18(2) for the restricted."""
    compelled = case.ground in ("court_order", "authority")
    if "interest_score" in case.fields and case.kind != "subsidiary" and not compelled:
        return False
    if case.who == "restricted":
        return compelled or case.ground == "liability"
    return case.who != "objects" or compelled


Column = tuple[str, str, str, str, tuple[str, ...], str]
"""Everything of a case but the person: kind, country, tool, purpose, fields, ground."""
GROUNDS = ("", "court_order", "authority", "liability", "fraud", "incident", "insurer")


def columns() -> list[Column]:
    """The whole of each half of the matrix, and a hundred of the rest of their product, by chance.

    One half is about where the data goes, the other about what is passed on and why.
    """
    where = list(product(KINDS, COUNTRIES, TOOLS))
    what = [*product(PURPOSES, FIELDS, ("",)), *product(("orders",), FIELDS, GROUNDS[1:])]
    chosen = {(*one, "orders", ("email",), "") for one in where}
    chosen |= {(kind, "FI", "none", *two) for kind in KINDS for two in what}
    chosen |= {(*one, *two) for one, two in Random(7).sample(list(product(where, what)), 100)}
    return sorted(chosen)
