"""The four roles of the interfaces, and the records an installation begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from config import roles
from config.models import Controller, Subsidiary, User
from config.permissions import RolesBackend
from config.roles import (
    AUDITOR,
    EXAMPLE_SUBSIDIARIES,
    PRIVACY_CLERK,
    PRIVACY_OFFICER,
    ROLES,
    SALES,
    create_roles,
    seed_controller,
    seed_example_subsidiaries,
)

pytestmark = pytest.mark.django_db

OFFICERS_OWN = {"retention.change_retentionrun", "retention.add_hold", "retention.change_hold"}
PERSONAL = {"contacts.contact", "contacts.engagement", "contacts.collection", "contacts.affiliation"}


def granted(role: str) -> set[str]:
    """What the group of a role really holds in the database."""
    held = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in held}


def actions(role: str, model: str) -> set[str]:
    """What a role may do with one record type."""
    app, name = model.split(".")
    return {
        code.split(".")[1].rpartition("_")[0]
        for code in ROLES[role]
        if code.startswith(f"{app}.") and code.endswith(f"_{name}")
    }


def member(role: str) -> User:
    """An account in the group of that role and nothing else."""
    user = User.objects.create_user(username=role)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_there_are_the_four_groups_of_the_interfaces_with_exactly_their_permissions() -> None:
    create_roles()
    assert set(Group.objects.values_list("name", flat=True)) == {"privacy officer", "privacy clerk", "sales", "auditor"}
    for role, codenames in ROLES.items():
        assert granted(role) == set(codenames)
        assert codenames


def test_creating_the_roles_again_puts_right_what_was_added_and_taken_away() -> None:
    create_roles()
    clerk = Group.objects.get(name=PRIVACY_CLERK)
    clerk.permissions.add(Permission.objects.get(codename="delete_contact"))
    clerk.permissions.remove(Permission.objects.get(codename="change_contact"))
    assert granted(PRIVACY_CLERK) != ROLES[PRIVACY_CLERK]
    create_roles()
    assert granted(PRIVACY_CLERK) == ROLES[PRIVACY_CLERK]
    assert Group.objects.count() == 4


def test_an_account_may_do_what_its_role_says_and_no_more() -> None:
    create_roles()
    for role, codenames in ROLES.items():
        assert member(role).get_all_permissions() == set(codenames)


def test_the_account_of_a_session_brings_the_same_permissions_in_one_statement(django_assert_num_queries: Any) -> None:
    create_roles()
    for role, codenames in ROLES.items():
        user = member(role)
        user.user_permissions.add(Permission.objects.get(codename="delete_contact"))
        with django_assert_num_queries(1):
            account = RolesBackend().get_user(user.pk)
            assert account is not None
            assert account.get_all_permissions() == set(codenames)
        user.groups.clear()
        later = RolesBackend().get_user(user.pk)
        assert later is not None
        assert later.get_all_permissions() == set(), "the next page knows what was taken away"
        user.groups.set(Group.objects.filter(name__in=[role, PRIVACY_CLERK]))
        both = RolesBackend().get_user(user.pk)
        assert both is not None
        assert both.get_all_permissions() == set(codenames) | ROLES[PRIVACY_CLERK]


def test_a_closed_account_may_do_nothing_whatever_its_role() -> None:
    create_roles()
    user = member(PRIVACY_OFFICER)
    account = RolesBackend().get_user(user.pk)
    assert account is not None and account.has_perm("contacts.view_contact")
    account.is_active = False
    assert not RolesBackend().get_group_permissions(account)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert RolesBackend().get_user(user.pk) is None


def test_a_permission_given_past_the_roles_has_no_effect() -> None:
    create_roles()
    clerk = member(PRIVACY_CLERK)
    clerk.user_permissions.add(Permission.objects.get(codename="delete_contact"))
    assert clerk.has_perm("contacts.change_contact")
    assert not clerk.has_perm("contacts.delete_contact")


def test_only_the_privacy_officer_admits_an_address_that_was_erased_on_request() -> None:
    assert [role for role, held in ROLES.items() if "consent.change_formeraddress" in held] == [PRIVACY_OFFICER]


def test_nobody_may_delete_anything() -> None:
    every = frozenset[str]().union(*ROLES.values())
    assert len(every) > 40
    assert [code for code in every if ".delete_" in code] == []


def test_only_the_privacy_officer_approves_runs_and_works_with_holds() -> None:
    assert ROLES[PRIVACY_OFFICER] >= OFFICERS_OWN
    others = [ROLES[role] for role in ROLES if role != PRIVACY_OFFICER]
    assert len(others) == 3
    assert not any(codenames & OFFICERS_OWN for codenames in others)


@pytest.mark.parametrize("model", ["contact", "organisation", "agreement", "affiliation", "source", "systemaccount"])
def test_the_clerk_works_the_register(model: str) -> None:
    assert actions(PRIVACY_CLERK, f"contacts.{model}") == {"view", "add", "change"}


def test_the_clerk_works_imports_and_quarantine_and_reads_the_rest() -> None:
    assert actions(PRIVACY_CLERK, "consent.importbatch") == {"view", "add", "change"}
    assert actions(PRIVACY_CLERK, "consent.quarantinedrow") == {"view", "change"}
    for model in (
        "retention.retentionrun",
        "retention.hold",
        "consent.restriction",
        "consent.purpose",
        "config.auditevent",
    ):
        assert actions(PRIVACY_CLERK, model) == {"view"}
    for model in ("consent.objection", "consent.consent", "consent.notice", "consent.audienceexport"):
        assert actions(PRIVACY_CLERK, model) == {"view", "add"}


def test_the_privacy_officer_may_do_whatever_the_clerk_may() -> None:
    assert ROLES[PRIVACY_OFFICER] > ROLES[PRIVACY_CLERK]


def test_the_auditor_reads_evidence_and_nothing_of_the_register() -> None:
    assert {code.split(".")[1].split("_")[0] for code in ROLES[AUDITOR]} == {"view"}
    read = {code.replace(".view_", ".") for code in ROLES[AUDITOR]}
    assert read >= {
        "config.auditevent",
        "retention.retentionrun",
        "retention.erasurerecord",
        "consent.suppressionentry",
    }
    assert [model for model in read if model.startswith("contacts.")] == []


def test_sales_see_contacts_and_organisations_only() -> None:
    assert ROLES[SALES] == {"contacts.view_contact", "contacts.view_organisation"}


def test_evidence_is_never_changed_by_a_role() -> None:
    evidence = (
        "config.auditevent",
        "consent.consent",
        "consent.objection",
        "consent.notice",
        "consent.balancing",
        "consent.policyversion",
        "consent.audienceexport",
        "retention.erasurerecord",
        "retention.runchunk",
    )
    for role in ROLES:
        for model in evidence:
            assert "change" not in actions(role, model)


def test_every_record_type_was_thought_of() -> None:
    ours = {
        model._meta.label_lower
        for app in ("config", "contacts", "consent", "retention")
        for model in apps.get_app_config(app).get_models()
    }
    assert ours >= PERSONAL
    read = {code.replace(".view_", ".") for code in ROLES[PRIVACY_OFFICER] if ".view_" in code}
    # The counter behind the references says nothing to anybody, and what is stored aside is to be read by nobody; the
    # others show on pages of what they belong to.
    shown_elsewhere = {"config.countedfigure", "contacts.mergeundo", "contacts.factsource"}
    assert ours - read == {"contacts.referencesequence", "consent.asideengagement", *shown_elsewhere}


def test_a_misspelt_permission_is_named_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(roles.ROLES, AUDITOR, frozenset({"retention.view_hold", "retention.veiw_run"}))
    with pytest.raises(LookupError, match=r"There is no permission retention\.veiw_run\."):
        create_roles()
    assert not Group.objects.exists()


def test_the_controller_is_written_as_the_policy_names_it() -> None:
    seed_controller()
    controller = Controller.objects.get()
    assert (controller.name, controller.business_id) == ("F-Secure Corporation", "0705579-2")
    assert (controller.street, controller.po_box) == ("Tammasaarenkatu 7", "PL 24")
    assert (controller.postcode, controller.city, controller.country) == ("00181", "Helsinki", "FI")
    assert controller.privacy_email == "privacy-office@f-secure.com"
    assert controller.consumer_support_url == "https://f-secure.com/support"
    assert controller.business_support_url == "https://f-secure.com/corporate-support"
    assert (controller.authority_name, controller.authority_url) == ("Tietosuojavaltuutettu", "https://tietosuoja.fi")
    controller.full_clean()


def test_the_example_subsidiaries_cover_several_countries_inside_and_outside_the_eea() -> None:
    seed_example_subsidiaries()
    assert Subsidiary.objects.count() == len(EXAMPLE_SUBSIDIARIES)
    assert set(Subsidiary.objects.values_list("country", flat=True)) >= {"FI", "DE", "SE", "GB", "FR", "US", "JP"}


@pytest.mark.parametrize("seed", [seed_controller, seed_example_subsidiaries])
def test_what_staff_changed_is_never_overwritten(seed: Callable[[], None]) -> None:
    seed()
    Controller.objects.update(street="Uusikatu 1")
    Subsidiary.objects.filter(country="DE").update(name="Another GmbH")
    Subsidiary.objects.filter(country="JP").delete()
    before = [*Controller.objects.values(), *Subsidiary.objects.values()]
    assert before
    seed()
    assert [*Controller.objects.values(), *Subsidiary.objects.values()] == before
