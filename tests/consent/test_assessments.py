"""Assessments of interests: in force between approval and review, approved by a second person, never changed after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction

from config.dates import add_months
from config.models import Actor, AuditEvent, User
from config.models.audit import ActorKind
from config.roles import PRIVACY_CLERK, PRIVACY_OFFICER
from consent import assessments
from consent.models import Assessment
from consent.models.purposes import usable_bases
from consent.permission import Bar, may_use
from tests.consent.reasons import assessed, basis, draft, told
from tests.staff import DAY, NOW, TODAY, account, contact

pytestmark = pytest.mark.django_db


def officer(name: str) -> User:
    """A privacy officer of that name."""
    user = account(PRIVACY_CLERK) if name == "clerk" else User.objects.create_user(name, is_staff=True)
    if name != "clerk":
        user.groups.add(Group.objects.get_or_create(name=PRIVACY_OFFICER)[0])
    return user


def by(user: User) -> Actor:
    return Actor(ActorKind.PERSON, user.pk)


# In force -------------------------------------------------------------------------------------------------------------


def test_a_purpose_rests_on_interests_from_the_approval_through_the_day_of_review() -> None:
    ground = basis()
    assert ground not in usable_bases(NOW)
    assessed(ground, NOW, review_on=TODAY + DAY)
    for at, usable in ((NOW - timedelta(seconds=1), False), (NOW, True), (NOW + DAY, True), (NOW + 2 * DAY, False)):
        assert (ground in usable_bases(at)) is usable, at


def test_nobody_is_permitted_on_interests_before_they_are_weighed_and_after_the_review() -> None:
    person = contact(email="anna@example.org", phone="+358401234567", job_function="Purchasing")
    told(person)
    assert may_use(person.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)
    assessed(basis(), NOW, review_on=TODAY)
    assert may_use(person.pk, "marketing", "phone", NOW).allowed
    assert may_use(person.pk, "marketing", "phone", NOW + DAY).bars == (Bar.NO_GROUND,)


def test_why_a_basis_is_not_usable_is_said_in_words() -> None:
    def why() -> str:
        return assessments.why_unusable(assessments.bases(NOW).get(pk=basis().pk), TODAY)

    assert why() == "its assessment of interests is missing"
    waiting = draft()
    assert why() == "its assessment waits for approval"
    waiting.delete()
    assessed(at=NOW - 400 * DAY, review_on=TODAY - DAY)
    assert why().startswith("its assessment was due for review on ")
    assessed()
    assert why() == ""


def test_a_purpose_by_consent_needs_no_assessment() -> None:
    ground = assessments.bases(NOW).get(pk=basis("website_activity").pk)
    assert assessments.why_unusable(ground, TODAY) == ""
    assert ground.purpose not in [purpose for purpose, _whys in assessments.purposes_not_usable(NOW)]


@pytest.mark.parametrize(("days", "listed"), [(60, True), (61, False), (0, True), (-1, False)])
def test_a_review_is_announced_sixty_days_before_and_no_longer_once_it_is_past(days: int, listed: bool) -> None:
    one = assessed(review_on=TODAY + days * DAY)
    assert (one in assessments.due_for_review(NOW)) is listed


def test_a_renewed_assessment_is_not_due_any_more() -> None:
    assessed(review_on=TODAY + 10 * DAY)
    assert assessments.due_for_review(NOW).count() == 1
    draft(review_on=add_months(TODAY, 20))
    assert assessments.due_for_review(NOW).count() == 1, "a draft renews nothing"
    assessed(review_on=add_months(TODAY, 20))
    assert not assessments.due_for_review(NOW).exists()


# Approval -------------------------------------------------------------------------------------------------------------


def test_another_officer_than_the_writer_approves() -> None:
    writer, second = officer("first"), officer("second")
    one = draft(written_by=writer.pk)
    with pytest.raises(ValueError, match="Another privacy officer must approve"):
        assessments.approve(one, by(writer), NOW)
    assert Assessment.objects.get().approved_at is None
    assessments.approve(one, by(second), NOW)
    assert (Assessment.objects.get().approved_at, Assessment.objects.get().approved_by) == (NOW, second.pk)
    event = AuditEvent.objects.get(action="approved")
    assert (event.object_id, event.actor_id, event.fields) == (one.pk, second.pk, ["approved_at"])


def test_the_only_officer_of_a_house_may_approve_and_the_audit_trail_says_so() -> None:
    writer, former = officer("first"), officer("former")
    one = draft(written_by=writer.pk)
    assert not assessments.may_approve(one, writer.pk)
    User.objects.filter(pk=former.pk).update(is_active=False)
    assert assessments.may_approve(one, writer.pk)
    assessments.approve(one, by(writer), NOW)
    assert AuditEvent.objects.get(action="approved").fields == ["approved_at", "only_officer"]


def test_an_assessment_is_approved_once() -> None:
    one = assessed()
    with pytest.raises(ValueError, match="approved already"):
        assessments.approve(one, by(officer("second")), NOW + DAY)
    assert Assessment.objects.get().approved_at == NOW


@pytest.mark.parametrize(
    ("review_on", "accepted"),
    [
        (TODAY - DAY, False),
        (TODAY, True),
        (add_months(TODAY, 24), True),
        (add_months(TODAY, 24) + DAY, False),
    ],
)
def test_the_review_lies_within_two_years_of_the_approval(review_on: object, accepted: bool) -> None:
    one, second = draft(review_on=review_on), officer("second")
    if accepted:
        assert assessments.approve(one, by(second), NOW).approved_at == NOW
    else:
        with pytest.raises(ValueError, match="must lie between today and"):
            assessments.approve(one, by(second), NOW)


@pytest.mark.postgres
def test_the_database_lets_a_draft_be_corrected_and_an_approved_one_stand() -> None:
    one = draft()
    Assessment.objects.filter(pk=one.pk).update(balancing="Better words.")
    assert Assessment.objects.filter(balancing="Better words.").update(approved_at=NOW) == 1
    for change in (
        lambda: Assessment.objects.update(balancing="Other words."),
        lambda: Assessment.objects.update(review_on=TODAY + 900 * DAY),
        lambda: Assessment.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert Assessment.objects.get().balancing == "Better words."
