"""Rights requests of the demo: what a clerk meets on a working day, taken through the desk's own services."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from config.dates import local_date
from config.models import Actor, User
from contacts.models import Contact
from contacts.relationship import ties
from dsar import answers, correspondence, execution, extensions, identity, intake, matching, outcomes, workflow
from dsar.case import Case
from dsar.intake import Asker, Wish
from dsar.models import ExecutionTask, Message, RightsRequest
from dsar.models.correspondence import MessageState
from dsar.models.decisions import Decision, Ground, RefusalReason, TaskState
from dsar.models.matches import MatchState, Method
from dsar.models.requests import ReceivedBy, Right, Status
from dsar.rights import procedure_of, rectification

UNKNOWN = Asker(name="Otto Unbekannt", email="otto@nowhere.example.org")
WORDS = {
    "de": "Bitte teilen Sie mir mit, welche Daten Sie über mich gespeichert haben.",
    "fi": "Mitä tietoja teillä on minusta?",
    "en": "Please tell me what you hold about me.",
}


def tell(at: datetime) -> int:
    """Let some people of the demo use their rights in the weeks before `at`; returns how many requests there are."""
    clerk = Actor.person(User.objects.get(username="clerk"))
    people = list(
        Contact.objects.filter(in_marketing=False, pk__in=ties(local_date(at)).values("contact"))
        .exclude(email="").exclude(first_name="").exclude(holds__isnull=False).exclude(restrictions__isnull=False)
        .order_by(F("collected_on"), "pk").distinct()[:9]
    )  # fmt: skip
    desk = _Desk(at, clerk)
    scenes = (
        desk.soon, desk.new, desk.asked, desk.mixed, desk.proposed, desk.extending, desk.correcting, desk.fetchable,
        desk.restricted,
    )  # fmt: skip
    for scene, person in zip(scenes, people, strict=False):
        scene(person)
    desk.misdirected()
    desk.closed(days=70)
    desk.closed(days=40)
    return RightsRequest.objects.count()


class _Desk:
    """A clerk who did something with each request, days before `at`."""

    def __init__(self, at: datetime, clerk: Actor) -> None:
        self.at, self.clerk = at, clerk

    def ago(self, days: float) -> datetime:
        return self.at - timedelta(days=days)

    def enter(
        self, rights: tuple[Right, ...], person: Contact | Asker, days: float, by: ReceivedBy, text: str = ""
    ) -> RightsRequest:
        """A request that was received so many days ago, and entered the next hour."""
        asker = Asker(person.full_name, person.email) if isinstance(person, Contact) else person
        language = person.language if isinstance(person, Contact) else "en"
        wish = Wish(rights, text or WORDS[language], language=language)
        logged = self.ago(days) + timedelta(hours=1)
        request = intake.enter(asker, wish, by, self.ago(days), logged, actor=self.clerk)
        self.mails(request, logged)
        return request

    def mails(self, request: RightsRequest, at: datetime) -> None:
        """What was waiting has left; nothing is really sent."""
        for message in Message.objects.filter(request=request, state=MessageState.QUEUED):
            correspondence.record_sent(message, at, Actor.task())
        answers.close(request.pk, at, Actor.task())

    def identified(self, request: RightsRequest, days: float) -> None:
        """The best candidate is the person, who signed in and knew a fact."""
        best, *others = request.matches.order_by("-score")
        for other in others:
            matching.decide(other.pk, MatchState.REJECTED, self.ago(days), actor=self.clerk)
        match = matching.decide(best.pk, MatchState.CONFIRMED, self.ago(days), actor=self.clerk)
        identity.record(match, Method.PORTAL, "Signed in to the service portal", self.ago(days), actor=self.clerk)
        identity.record(match, Method.FACT, "Named the last order", self.ago(days), actor=self.clerk)
        workflow.move(request.pk, Status.IN_ASSESSMENT, self.ago(days), actor=self.clerk)

    def soon(self, person: Contact) -> None:
        """Due within a week, and in assessment."""
        self.identified(self.enter((Right.ACCESS,), person, 26, ReceivedBy.EMAIL), 24)

    def new(self, person: Contact) -> None:
        """Came yesterday; nobody has looked yet."""
        self.enter((Right.RECTIFICATION,), person, 1, ReceivedBy.PHONE, "My street has changed.")

    def asked(self, person: Contact) -> None:
        """Waits for the person."""
        request = self.enter((Right.ERASURE,), person, 12, ReceivedBy.SUPPORT, "Please delete everything.")
        workflow.move(
            request.pk, Status.AWAITING_IDENTITY, self.ago(11), actor=self.clerk, note="Wrote from a private address."
        )
        self.mails(request, self.ago(11))

    def mixed(self, person: Contact) -> None:
        """An objection that was heeded at once, and a copy of the data that is still to come."""
        self.enter((Right.MARKETING_OBJECTION, Right.PORTABILITY), person, 6, ReceivedBy.EMAIL)

    def proposed(self, person: Contact) -> None:
        """Waits for a second person."""
        request = self.enter((Right.ACCESS,), person, 18, ReceivedBy.LETTER)
        self.identified(request, 17)
        for asked in Case(request, self.at).to_assess:
            outcomes.decide(
                asked.pk,
                procedure_of(asked.right).categories(asked),
                Decision.REFUSED,
                self.ago(3),
                actor=self.clerk,
                reason=RefusalReason.EXCESSIVE,
                justification="The fourth request for the same copy within five weeks.",
            )
        workflow.move(request.pk, Status.AWAITING_APPROVAL, self.ago(3), actor=self.clerk)
        answers.draft(request.pk, self.ago(3), actor=self.clerk)

    def extending(self, person: Contact) -> None:
        """Takes longer, if a second person agrees."""
        request = self.enter((Right.ACCESS, Right.RESTRICTION), person, 20, ReceivedBy.EMAIL)
        extensions.propose(request.pk, "The data lie in four systems.", self.ago(2), actor=self.clerk)

    def correcting(self, person: Contact) -> None:
        """What must be corrected is noted, and nothing is decided."""
        request = self.enter((Right.RECTIFICATION,), person, 8, ReceivedBy.EMAIL, "I moved, and have another phone.")
        self.identified(request, 7)
        match = request.matches.get(state=MatchState.CONFIRMED)
        for field, value in (("street", "Uusikatu 9"), ("phone", "+358 40 765 4321")):
            rectification.propose(match, field, value, self.ago(7), actor=self.clerk)

    def fetchable(self, person: Contact) -> None:
        """The copy waits behind its link."""
        self.carried_out(self.enter((Right.ACCESS,), person, 15, ReceivedBy.EMAIL))

    def restricted(self, person: Contact) -> None:
        """Stored and not used, until the matter is settled."""
        text = "You have a wrong date for me; please do not use my data until this is cleared."
        request = self.enter((Right.RESTRICTION,), person, 14, ReceivedBy.LETTER, text)
        self.carried_out(request, Ground.DISPUTED)

    def carried_out(self, request: RightsRequest, ground: str = "") -> None:
        """Granted as a whole, carried out, and answered yesterday."""
        self.identified(request, 10)
        for asked in Case(request, self.at).to_assess:
            categories = procedure_of(asked.right).categories(asked)
            outcomes.decide(asked.pk, categories, Decision.GRANTED, self.ago(3), actor=self.clerk, ground=ground)
        workflow.move(request.pk, Status.IN_PROGRESS, self.ago(3), actor=self.clerk)
        execution.run(request.pk, self.ago(3), Actor.task())
        for task in ExecutionTask.objects.filter(asked__request=request, by_hand=True).exclude(state=TaskState.DONE):
            execution.done_by_hand(task.pk, "The letter was posted.", self.ago(2), self.clerk)
        answers.draft(request.pk, self.ago(1), actor=self.clerk)
        answers.send(request.pk, self.ago(1), actor=self.clerk)
        self.mails(request, self.ago(1))

    def misdirected(self) -> None:
        """A salesperson was told."""
        asker = Asker(name="Aino Kielto", email="aino@elsewhere.example.org")
        self.enter((Right.MARKETING_OBJECTION,), asker, 4, ReceivedBy.SALES)

    def closed(self, days: float) -> None:
        """Somebody whom nobody knows got an answer."""
        request = self.enter((Right.ACCESS,), UNKNOWN, days, ReceivedBy.EMAIL)
        workflow.move(request.pk, Status.IN_ASSESSMENT, self.ago(days - 2), actor=self.clerk)
        outcomes.nothing_held(request.pk, self.ago(days - 3), actor=self.clerk)
        workflow.move(request.pk, Status.IN_PROGRESS, self.ago(days - 3), actor=self.clerk)
        answers.draft(request.pk, self.ago(days - 4), actor=self.clerk)
        answers.send(request.pk, self.ago(days - 4), actor=self.clerk)
        self.mails(request, self.ago(days - 4))
