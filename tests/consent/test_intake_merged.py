"""The airlock and merged records (S42, E36): an old file never brings the duplicate back, and every objection holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.models import Actor
from consent import objections, preferences, suppression
from consent.links import Page, read, unsubscribe_link
from consent.models import Consent, Notice, Objection, Restriction, SuppressionEntry
from consent.models.consents import ConsentState
from consent.models.suppression import Authority, SuppressionReason
from contacts.identity import email_key
from contacts.merging import Refused, merge
from contacts.models import Contact, Engagement, MergedRecord, MergeUndo
from contacts.unmerging import undo
from retention import holding
from tests.consent.conftest import (
    DAY,
    NOW,
    TODAY,
    assert_changes_nothing,
    bring,
    bring_engagements,
    customer,
    engagement_row,
    is_there,
    on,
    person,
    restrict,
    suppress,
    the,
)

pytestmark = pytest.mark.django_db
OLD, NEW = "anna@example.org", "anna.virtanen@example.com"
ACTOR = Actor.command()


def merged(at: object = NOW) -> MergedRecord:
    """Anna, known under two addresses, is one contact: the newer address is the one in use."""
    bring([person(OLD, collected_on="2025-01-01", external_id="17", source="crm")])
    bring([person(NEW, collected_on="2026-02-02", external_id="99", source="crm", job_title="CTO")])
    return merge(the(OLD).pk, the(NEW).pk, actor=ACTOR, at=NOW)


# Files ----------------------------------------------------------------------------------------------------------------


def test_the_same_files_again_change_nothing() -> None:
    merged()
    assert (the(NEW).collected_on, MergedRecord.objects.get().email) == (on("2025-01-01"), OLD)
    for rows in (
        [person(OLD, collected_on="2025-01-01", external_id="17", source="crm")],
        [person(NEW, collected_on="2026-02-02", external_id="99", source="crm", job_title="CTO")],
    ):
        assert_changes_nothing(rows)
        assert_changes_nothing([*rows, person("otto@example.org")] if is_there("otto@example.org") else rows)
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("cells", [{"email": OLD}, {"email": "", "external_id": "17", "source": "crm"}])
def test_a_row_about_the_merged_record_is_about_the_contact(cells: dict[str, str]) -> None:
    merged()
    assert bring([person(**{**cells, "city": "Oulu", "collected_on": "2026-11-01"})]).decisions == ["updated"]
    assert (Contact.objects.get().city, Contact.objects.get().email) == ("Oulu", NEW)
    newest = Contact.objects.get().collections.order_by("-pk").first()
    assert newest is not None and "email" not in newest.fields, "the address in use does not come from this row"


def test_an_engagement_under_the_old_address_is_the_contacts() -> None:
    merged()
    assert bring_engagements([engagement_row(OLD), engagement_row(NEW, kind="reply")]).decisions == [
        "created",
        "created",
    ]
    assert Engagement.objects.filter(contact=the(NEW)).count() == 2


def test_an_opt_out_under_the_old_address_holds_for_every_address() -> None:
    merged()
    bring([person(OLD, unsubscribed="yes")])
    assert not the(NEW).in_marketing
    assert suppression.is_suppressed(email_key(OLD)) and suppression.is_suppressed(email_key(NEW))


def test_without_a_merge_the_two_are_two() -> None:
    bring([person(OLD)])
    assert bring([person(NEW)]).decisions == ["created"]


# The person's word ----------------------------------------------------------------------------------------------------


def two() -> tuple[Contact, Contact]:
    """The same person twice, both in marketing."""
    bring([person(OLD, collected_on="2025-01-01"), person(NEW, collected_on="2026-02-02")])
    return the(OLD), the(NEW)


@pytest.mark.parametrize("who", [0, 1])
def test_an_objection_of_either_keeps_the_contact_out_of_marketing(who: int) -> None:
    pair = two()
    objections.to_marketing(pair[who].pk, NOW, method="phone", actor=ACTOR)
    merge(pair[0].pk, pair[1].pk, actor=ACTOR, at=NOW)
    assert not the(NEW).in_marketing and the(NEW).left_marketing_on == TODAY
    assert Objection.objects.get().contact == the(NEW)
    for address in (OLD, NEW):
        assert suppression.is_suppressed(email_key(address))


def says(contact: Contact, state: ConsentState = ConsentState.GIVEN, *, days: int, **fields: Any) -> None:
    """What the person told us about consent to advertising by e-mail so many days ago, unless a test says otherwise."""
    said = {"purpose": "marketing", "channel": "email", "by_subject": True} | fields
    Consent.objects.create(contact=contact, state=state, occurred_at=NOW - days * DAY, **said)


def test_a_later_consent_of_the_person_outweighs_the_objection() -> None:
    first, second = two()
    objections.to_marketing(first.pk, NOW - 9 * DAY, method="phone", actor=ACTOR)
    says(second, days=1)
    merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    assert the(NEW).in_marketing


@pytest.mark.parametrize(
    "fields", [{"by_subject": False}, {"purpose": "website_activity", "channel": ""}], ids=["staff", "no advertising"]
)
def test_a_consent_that_lifts_no_objection_does_not_outweigh_it(fields: dict[str, Any]) -> None:
    """Section 9: only the person lifts it, and only by consenting to advertising."""
    first, second = two()
    objections.to_marketing(first.pk, NOW - 9 * DAY, method="phone", actor=ACTOR)
    says(second, days=1, **fields)
    merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    assert not the(NEW).in_marketing


@pytest.mark.parametrize("who", [0, 1])
def test_a_consent_that_was_withdrawn_in_either_record_does_not_outweigh_the_objection(who: int) -> None:
    pair = two()
    objections.to_marketing(pair[0].pk, NOW - 9 * DAY, method="phone", actor=ACTOR)
    says(pair[1], days=5)
    says(pair[who], ConsentState.WITHDRAWN, days=1)
    merge(pair[0].pk, pair[1].pk, actor=ACTOR, at=NOW)
    assert not the(NEW).in_marketing


def test_a_no_said_after_the_consent_holds_under_whichever_address_it_was_said() -> None:
    first, second = two()
    says(second, days=5)
    for address, days in ((NEW, 9), (OLD, 1)):
        since = NOW - days * DAY
        suppression.add(email_key(address), SuppressionReason.OBJECTION, Authority.PERSON, since)
    merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    assert not the(NEW).in_marketing


def test_one_event_of_both_counts_when_a_person_did_it_in_either_record() -> None:
    first, second = two()
    for contact, automated in ((first, True), (second, False)):
        Engagement.objects.create(
            contact=contact, kind="click", occurred_at=NOW, external_id="m-1", automated=automated
        )
    record = merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    assert not Engagement.objects.get().automated
    undo(record, actor=ACTOR, at=NOW)
    assert Engagement.objects.get(contact=first).automated
    assert not Engagement.objects.get(contact=second).automated


def test_an_entry_of_staff_holds_too_and_a_bounce_does_not() -> None:
    first, second = two()
    suppress(OLD)
    suppression.add(email_key(NEW), SuppressionReason.HARD_BOUNCE, Authority.MACHINE, NOW, channel="email")
    merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    entries = {(entry.reason, entry.channel) for entry in SuppressionEntry.objects.all()}
    assert entries == {("objection", ""), ("hard_bounce", "email")} or len(SuppressionEntry.objects.all()) == 3
    assert SuppressionEntry.objects.filter(reason=SuppressionReason.HARD_BOUNCE).count() == 1
    assert not the(NEW).in_marketing


def test_undo_takes_the_copied_entry_off_again() -> None:
    first, second = two()
    suppress(OLD)
    record = merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    assert suppression.is_suppressed(email_key(NEW))
    undo(record, actor=ACTOR, at=NOW)
    assert suppression.is_suppressed(email_key(OLD)) and not suppression.is_suppressed(email_key(NEW))
    assert the(NEW).in_marketing


def test_a_link_sent_to_the_merged_record_still_opts_out() -> None:
    first, second = two()
    token = unsubscribe_link(second).rstrip("/").rpartition("/")[2]
    other = unsubscribe_link(first).rstrip("/").rpartition("/")[2]
    merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    for one in (token, other):
        link = read(one, Page.UNSUBSCRIBE)
        assert link is not None
        assert preferences.person_of(link) == the(NEW)
    link = read(token, Page.UNSUBSCRIBE)
    assert link is not None
    preferences.opt_out(link, NOW, method="link")
    assert not the(NEW).in_marketing
    assert suppression.is_suppressed(email_key(OLD)) and suppression.is_suppressed(email_key(NEW))


# What stands in the way -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [0, 1])
def test_a_restricted_contact_is_not_merged(who: int) -> None:
    pair = two()
    restriction = restrict(pair[who])
    with pytest.raises(Refused, match="restricted"):
        merge(pair[0].pk, pair[1].pk, actor=ACTOR, at=NOW)
    Restriction.objects.filter(pk=restriction.pk).update(notice_before_lift_at=NOW, lifted_at=NOW)
    merge(pair[0].pk, pair[1].pk, actor=ACTOR, at=NOW)
    assert Restriction.objects.get().contact == the(NEW)


def test_holds_and_notices_survive() -> None:
    first, second = two()
    holding.place(second, "matter 7", TODAY + 30 * DAY, ACTOR, NOW)
    before = Notice.objects.count()
    merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    assert the(NEW).holds.get().matter == "matter 7"
    assert Notice.objects.filter(contact=the(NEW)).count() == before


def test_a_contact_is_not_merged_with_itself_nor_with_nobody() -> None:
    first, second = two()
    with pytest.raises(Refused, match="itself"):
        merge(first.pk, first.pk, actor=ACTOR, at=NOW)
    merge(first.pk, second.pk, actor=ACTOR, at=NOW)
    with pytest.raises(Refused, match="not there any more"):
        merge(first.pk, second.pk, actor=ACTOR, at=NOW)


def _object(record: MergedRecord) -> None:
    objections.to_marketing(record.contact_id, NOW + DAY, method="phone", actor=ACTOR)


def _hold(record: MergedRecord) -> None:
    holding.place(record.contact, "matter 8", TODAY + 30 * DAY, ACTOR, NOW + DAY)


def _take_the_address(record: MergedRecord) -> None:
    Contact.objects.filter(pk=record.contact_id).update(email="x@example.org", email_key="x@example.org")
    Contact.objects.create(email=NEW, collected_on=TODAY)


def _take_the_one_not_in_use(record: MergedRecord) -> None:
    Contact.objects.create(email=OLD, collected_on=TODAY)


def _merge_another(record: MergedRecord) -> None:
    bring([person("third@example.org")])
    merge(record.contact_id, the("third@example.org").pk, actor=ACTOR, at=NOW + DAY)


def _lose_the_copies(record: MergedRecord) -> None:
    MergeUndo.objects.all().delete()


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        (_object, "objected"),
        (_hold, "hold"),
        (lambda record: restrict(record.contact), "restricted"),
        (_take_the_address, "in use by now"),
        (_take_the_one_not_in_use, "in use by now"),
        (_merge_another, "merged into this one later"),
        (_lose_the_copies, "deleted"),
    ],
    ids=["objection", "hold", "restriction", "address", "old address", "later merge", "no copies"],
)
def test_what_has_happened_since_forbids_undoing(since: Callable[[MergedRecord], object], reason: str) -> None:
    record = merged()
    since(record)
    count = Contact.objects.count()
    with pytest.raises(Refused, match=reason):
        undo(record, actor=ACTOR, at=NOW + 2 * DAY)
    assert Contact.objects.count() == count


def test_undoing_is_refused_while_the_contact_has_the_merged_records_address() -> None:
    first, second = two()
    record = merge(second.pk, first.pk, actor=ACTOR, at=NOW)
    assert (the(NEW).pk, record.email) == (second.pk, OLD)
    Contact.objects.filter(pk=second.pk).update(email=OLD, email_key=email_key(OLD))
    with pytest.raises(Refused, match="in use by now"):
        undo(record, actor=ACTOR, at=NOW + DAY)
    Contact.objects.filter(pk=second.pk).update(email=NEW, email_key=email_key(NEW))
    undo(record, actor=ACTOR, at=NOW + DAY)
    assert the(OLD).pk == first.pk


def test_what_came_since_stays_with_the_contact_that_survived() -> None:
    record = merged()
    survivor = record.contact_id
    bring([person(NEW, city="Turku", collected_on="2026-11-20")], NOW + DAY)
    undo(record, actor=ACTOR, at=NOW + 2 * DAY)
    kept, back = Contact.objects.get(pk=survivor), the(NEW)
    assert (kept.email, kept.city, kept.job_title) == (OLD, "Turku", "")
    assert (back.pk, back.job_title, back.city) == (record.former_id, "CTO", "")


def test_a_customer_keeps_the_earlier_beginning_and_the_later_end() -> None:
    customer("Acme Oy")
    bring([person(OLD, organisation="Acme Oy", affiliated_from="2020-01-01", affiliated_until="2027-01-01")])
    bring([person(NEW, organisation="Acme Oy", affiliated_from="2022-01-01")])
    record = merge(the(OLD).pk, the(NEW).pk, actor=ACTOR, at=NOW)
    link = record.contact.affiliations.get()
    assert (link.started_on, link.ended_on) == (on("2020-01-01"), None)
