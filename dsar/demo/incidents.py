"""Who looked at the demo's people, and two breaches: one closed long ago, one whose clock runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Final

from config.models import AccessEvent, AccessKind, Actor, ReadingPurpose, User
from config.roles import PRIVACY_CLERK, PRIVACY_OFFICER
from consent.breaches import handling
from consent.models import Breach
from consent.models.breaches import BreachStep
from contacts.models import Contact

DAYS: Final = 30
A_DAY: Final = 6
HABITS: Final = (
    (AccessKind.RECORD, "admin:contacts_contact_change", 1),
    (AccessKind.SEARCH, "admin:contacts_contact_changelist", 5),
    (AccessKind.LIST, "admin:contacts_contact_changelist", 20),
)
"""How the demo's staff look: the way, the page, and how many people it shows."""


def look_ups(random: Random, at: datetime) -> list[AccessEvent]:
    """A month of looks by the officer and the clerk, the oldest first."""
    people = [str(key) for key in Contact.objects.order_by("pk").values_list("pk", flat=True)[:500]]
    staff = [(User.objects.get(username=name).pk, role) for name, role in (
        ("officer", PRIVACY_OFFICER), ("clerk", PRIVACY_CLERK),
    )]  # fmt: skip
    events = []
    for number in range(DAYS * A_DAY, 0, -1):
        (account, role), (kind, view, size) = random.choice(staff), random.choice(HABITS)
        purpose = random.choice([ReadingPurpose.REGISTER, ReadingPurpose.REGISTER, ReadingPurpose.RIGHTS])
        events.append(
            AccessEvent(
                at=at - timedelta(days=number / A_DAY),
                actor_id=account,
                role=role,
                purpose=purpose,
                kind=kind,
                view=view,
                object_ids=random.sample(people, size),
            )
        )
    return events


def breaches(at: datetime) -> None:
    """One that spared the authority, with its reason; and one that nobody has decided about yet."""
    officer = Actor.person(User.objects.get(username="officer"))
    past = at - timedelta(days=200)
    closed = Breach.objects.create(
        title="A laptop was left on a train",
        natures=["availability", "confidentiality"],
        description="It was found the next morning. Its disk is encrypted, and nobody had signed in.",
        aware_at=past,
        categories=["identity", "address"],
        people_estimated=40,
        risk="unlikely",
        measures="The laptop was wiped and set up anew.",
    )
    handling.note(closed, BreachStep.REGISTERED, actor=officer, at=past)
    reason = "The disk is encrypted with a key that was not on it."
    handling.decide_about_authority(closed, False, reason, actor=officer, at=past + timedelta(hours=3))
    handling.decide_about_people(closed, False, "", reason, actor=officer, at=past + timedelta(hours=4))
    handling.close(closed, actor=officer, at=past + timedelta(days=2))
    fresh = Breach.objects.create(
        title="A list of participants was mailed to the wrong address",
        natures=["confidentiality"],
        description="The attachment of one mail held names and addresses of a webinar's participants.",
        aware_at=at - timedelta(hours=20),
        categories=["identity", "address", "work"],
    )
    handling.note(fresh, BreachStep.REGISTERED, actor=officer, at=at - timedelta(hours=19))
    seen = Contact.objects.order_by("pk").values_list("pk", flat=True)[:12]
    handling.add_people(fresh, seen, "the attachment", actor=officer, at=at - timedelta(hours=18))
