"""A clerk's whole way for each right: from the public form to the delivered answer, in a real browser."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import translation

from config.roles import PRIVACY_CLERK, PRIVACY_OFFICER, seed_controller
from consent import catalogue
from consent.models import Consent, Objection, RecipientNotice, Restriction
from consent.models.consents import ConsentState
from contacts.models import Contact
from dsar.models import RightsRequest
from tests.browser.conftest import PHONE, Visit
from tests.browser.rights import Asker, Desk
from tests.consent.disclosure_cast import given_to, recipient
from tests.consent.pages import messages_sent
from tests.dsar.people import well_known
from tests.staff import account

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

Window = Callable[..., Visit]


@pytest.fixture(autouse=True)
def _house() -> Iterator[None]:
    catalogue.seed()
    seed_controller()
    messages_sent()
    with translation.override("en"):
        yield


@pytest.fixture
def anna() -> Contact:
    """Somebody about whom every table knows something."""
    return well_known()


@pytest.fixture
def asker(desk: Window) -> Asker:
    """Whoever asks, on a phone."""
    return Asker(desk(None, PHONE))


def at_the_desk(desk: Window, case: RightsRequest, role: str = PRIVACY_CLERK) -> Desk:
    """A member of staff who has opened the case."""
    place = Desk(desk(account(role)), case)
    place.open()
    return place


def test_access(anna: Contact, asker: Asker, desk: Window, tmp_path: Path) -> None:
    clerk = at_the_desk(desk, asker.ask("I want to know what you hold about me"))
    clerk.check_a_fact()
    clerk.decide()
    clerk.carry_out()
    clerk.write()
    answer = clerk.send()
    file = asker.fetch(answer, tmp_path)
    with zipfile.ZipFile(file) as package:
        copy = json.loads(package.read("data.json"))
    assert copy["tables"]["contacts.contact"][0]["email"] == "anna@example.org"


def test_rectification(anna: Contact, asker: Asker, desk: Window) -> None:
    reseller = recipient(notice_address="privacy@reseller.example")
    given_to(reseller, anna)
    clerk = at_the_desk(desk, asker.ask("Something about me is wrong", "I live in Oulu now."))
    clerk.next("Begin the assessment")
    corrections = clerk.part("Corrections")
    corrections.get_by_label("Field").select_option("city")
    corrections.get_by_label("It must say").fill("Oulu")
    clerk.press("Note the correction", "Noted. It is corrected when the case is carried out.")
    clerk.decide()
    clerk.carry_out()
    clerk.next("Carry out the steps")
    clerk.step(f"Tell a recipient of the data: {reseller}, privacy@reseller.example", "Mailed the letter.")
    clerk.write()
    answer = clerk.send()
    assert "city: “Jyväskylä” is now “Oulu”" in answer.body and reseller.name in answer.body
    anna.refresh_from_db()
    assert (anna.city, RecipientNotice.objects.get().reference) == ("Oulu", "")


def test_erasure(anna: Contact, asker: Asker, desk: Window) -> None:
    reseller = recipient()
    given_to(reseller, anna)
    clerk = at_the_desk(desk, asker.ask("Delete my data", "I have left the company."))
    clerk.check_a_fact()
    clerk.decide(ground="17_1_a")
    clerk.carry_out()
    clerk.write()
    clerk.next("Send it for approval")
    clerk.propose("Send for approval")
    clerk.next("A second person approves")
    assert Contact.objects.filter(pk=anna.pk).exists()
    officer = at_the_desk(desk, clerk.case, PRIVACY_OFFICER)
    officer.approve()
    clerk.next("Carry out the steps")
    clerk.step(f"Tell a recipient of the data: {reseller}", "Mailed the letter.")
    answer = clerk.closed("fulfilled")
    assert [name for name, _content, _kind in answer.attachments] == [f"{clerk.case.reference}-erasure.pdf"]
    assert not Contact.objects.filter(pk=anna.pk).exists()


def test_restriction(anna: Contact, asker: Asker, desk: Window) -> None:
    """Written from an address we do not know: whoever has the one on file is asked first."""
    case = asker.ask("Keep my data, but do not use it", "My title is disputed.", address="a.virtanen@home.example")
    clerk = at_the_desk(desk, case)
    clerk.know_the_person()
    asker.prove_it(clerk.ask_who_it_is("It was written from a private address."))
    clerk.decide(ground="18_1_a")
    clerk.carry_out()
    clerk.write()
    assert "restrict" in clerk.send().body
    assert Restriction.objects.get(contact=anna).lifted_at is None


def test_portability(anna: Contact, asker: Asker, desk: Window, tmp_path: Path) -> None:
    clerk = at_the_desk(desk, asker.ask("Give me the data I gave you in a machine-readable form"))
    clerk.check_a_fact()
    clerk.decide()
    clerk.carry_out()
    clerk.write()
    file = asker.fetch(clerk.send(), tmp_path)
    with zipfile.ZipFile(file) as package:
        assert any(name.endswith(".json") for name in package.namelist())


def test_objection_on_own_grounds(anna: Contact, asker: Asker, desk: Window) -> None:
    clerk = at_the_desk(desk, asker.ask("I object to another use of my data", "A competitor employs me."))
    clerk.decide("refused", reason="compelling_grounds_21_1", why="We defend a claim against the employer.")
    clerk.next("Propose the refusal")
    clerk.propose("Propose the refusal")
    clerk.write()
    officer = at_the_desk(desk, clerk.case, PRIVACY_OFFICER)
    officer.approve()
    answer = officer.closed("refused")
    assert "We defend a claim against the employer." in answer.body and "tietosuoja.fi" in answer.body
    assert Restriction.objects.get(contact=anna).lifted_at is not None


def test_marketing_objection(anna: Contact, asker: Asker, desk: Window) -> None:
    case = asker.ask("I want no advertising any more")
    answer = at_the_desk(desk, case).closed("fulfilled")
    assert answer.body
    anna.refresh_from_db()
    assert not anna.in_marketing and Objection.objects.filter(contact=anna, channel="", ground="marketing").exists()


def test_withdrawal(anna: Contact, asker: Asker, desk: Window) -> None:
    case = asker.ask("I withdraw my consent")
    answer = at_the_desk(desk, case).closed("fulfilled")
    assert answer.body
    withdrawn = Consent.objects.filter(contact=anna, state=ConsentState.WITHDRAWN)
    assert set(withdrawn.values_list("purpose", flat=True)) == {"marketing", "profiling", "website_activity"}


def test_complaint(anna: Contact, asker: Asker, desk: Window) -> None:
    clerk = at_the_desk(desk, asker.ask("I have a complaint", "You wrote to me although I said no."))
    clerk.decide()
    clerk.carry_out()
    clerk.next("Carry out the steps")
    clerk.step("Put right what the complaint is about", "The list of the fair was corrected.")
    clerk.write()
    assert "tietosuoja.fi" in clerk.send().body


def test_somebody_we_do_not_know(asker: Asker, desk: Window) -> None:
    clerk = at_the_desk(desk, asker.ask("I want to know what you hold about me"))
    clerk.next("Begin the assessment")
    clerk.press("Begin the assessment", "in assessment")
    clerk.next("Decide what is granted")
    clerk.press("We hold nothing about the person", "Recorded: we hold nothing about the person.")
    clerk.carry_out()
    clerk.write()
    assert "hold" in clerk.send().body
