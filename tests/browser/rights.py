"""A rights request from both sides in a browser: whoever asks on the public pages, and a clerk at the desk.

Both do only what their pages offer. The clerk goes by "What to do next": a case that says nothing useful fails here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.core import mail
from django.core.mail import EmailMessage
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from dsar.models import RightsRequest
from tests.browser.conftest import Visit
from tests.dsar.conftest import work

ADDRESS = "anna@example.org"
LOOKS = 20
"""How often a clerk looks again, a quarter of a second apart, before something is wrong."""
SEEN: set[tuple[str, ...]] = set()
"""What to do next and the parts of the page, of every page of a case that axe has looked at in this session."""


def check(visit: Visit) -> None:
    """The page breaks no rule of axe and none of the CSP, and is no wider than the screen."""
    found = (visit.complaints, visit.sideways(), visit.barriers())
    assert found == ([], 0, []), f"{visit.page.url}: {found}"


def letters() -> list[EmailMessage]:
    """What the workers have mailed, once they have done all they were sent."""
    work()
    return list(mail.outbox)


def link_in(letter: EmailMessage) -> str:
    """The path of the one page of ours that a mail leads to."""
    (path,) = re.findall(r"https?://[^/\s]+(/requests/\S+)", str(letter.body))
    return str(path)


@dataclass
class Asker:
    """Whoever asks, with a browser of their own and a mailbox."""

    visit: Visit

    def ask(self, wish: str, text: str = "", *, address: str = ADDRESS) -> RightsRequest:
        """Fill in the public form, and open the link of the acknowledgement; returns the case."""
        page = self.visit.page
        self.visit.open("/requests/?language=en")
        check(self.visit)
        page.get_by_label(wish).check()
        page.get_by_label("What should we know?").fill(text)
        page.get_by_label("Your name").fill("Anna Virtanen")
        page.get_by_label("Your e-mail address").fill(address)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("heading", name="Your request is on its way")).to_be_visible()
        self.visit.open(link_in(letters()[-1]))
        page.get_by_role("button", name="Yes, I sent this request").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        check(self.visit)
        work()
        return RightsRequest.objects.get()

    def prove_it(self, letter: EmailMessage) -> None:
        """Press the button behind the link that went to the address on file."""
        assert letter.to == [ADDRESS]
        self.visit.open(link_in(letter))
        self.visit.page.get_by_role("button", name="Yes, it was me").click()
        expect(self.visit.page.get_by_role("status")).to_contain_text("is yours")
        check(self.visit)

    def fetch(self, answer: EmailMessage, folder: Path) -> Path:
        """Follow the link of an answer, type the one-time code from the mailbox, and save the file."""
        page = self.visit.page
        self.visit.open(link_in(answer))
        check(self.visit)
        page.get_by_role("button", name="Send me a code").click()
        expect(page.get_by_role("status")).to_contain_text("on its way")
        (code,) = re.findall(r"^([0-9A-Z]{8})$", str(letters()[-1].body), re.MULTILINE)
        check(self.visit)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Go on").click()
        check(self.visit)
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile("Fetch the file")).click()
        file = folder / download.value.suggested_filename
        download.value.save_as(file)
        return file


@dataclass
class Desk:
    """The page of one case, in the hands of one member of staff."""

    visit: Visit
    case: RightsRequest

    @property
    def page(self) -> Page:
        """The browser's page."""
        return self.visit.page

    def open(self) -> None:
        """Look the case up by its reference, open or closed, as one does when the person calls."""
        self.visit.open(reverse("admin:dsar_rightsrequest_changelist"))
        self.page.get_by_role("searchbox").fill(self.case.reference)
        self.page.get_by_role("searchbox").press("Enter")
        self.page.get_by_role("link", name=self.case.reference).click()
        self.page.wait_for_load_state("networkidle")

    def next(self, title: str) -> None:
        """What the page says is next, once the workers have done theirs; the page is checked on the way.

        A step may still be in the server's hands while the page is made: one looks again, as the page says.
        """
        for _look in range(LOOKS):
            work()
            self.page.goto(self.page.url.partition("#")[0])
            if self.page.locator("#next").inner_text().strip() == title:
                break
            self.page.wait_for_timeout(250)
        expect(self.page.locator("#next")).to_have_text(title)
        assert (self.visit.complaints, self.visit.sideways()) == ([], 0), title
        parts = (title, *self.page.locator("h2").all_inner_texts())
        if parts not in SEEN:  # axe takes a second, and the same parts have the same barriers
            check(self.visit)
            SEEN.add(parts)

    def part(self, name: str) -> Locator:
        """A part of the page by its heading."""
        return self.page.get_by_role("region", name=name, exact=True)

    def press(self, button: str, said: str, *, within: str = "") -> None:
        """Press a button, and read what the page says about it."""
        place = self.part(within) if within else self.page
        place.get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator(".messagelist")).to_contain_text(said)

    def know_the_person(self) -> None:
        """Confirm the one candidate."""
        self.next("Say who the person is")
        self.part("Who is it?").locator(".candidate").get_by_role("button", name="This is the person").click()
        expect(self.page.locator(".messagelist")).to_contain_text("Recorded: this is the person.")

    def check_a_fact(self) -> None:
        """Record a fact that only the person knows."""
        self.next("Make sure who asks")
        self.page.get_by_label("Checked otherwise").select_option("fact")
        self.page.get_by_label("What was checked, and not the answer itself").fill("The reference of the last order.")
        self.press("Note it", "Recorded.")

    def ask_who_it_is(self, why: str) -> EmailMessage:
        """Ask for identification; returns the mail to the address on file."""
        self.next("Make sure who asks")
        self.page.locator("summary").filter(has_text="Ask for identification").click()
        self.page.get_by_label("Why is it doubtful who asks?").fill(why)
        self.press("Ask for identification", "Done. The case is now: waiting for identification")
        letter = letters()[-1]
        self.next("Wait for the person")
        return letter

    def decide(self, decision: str = "granted", *, ground: str = "", reason: str = "", why: str = "") -> None:
        """Begin the assessment, and decide on every category at once."""
        self.next("Begin the assessment")
        self.part("Move the case").get_by_role("button", name=re.compile("egin the assessment")).click()
        expect(self.page.locator(".messagelist")).to_contain_text("Done. The case is now: in assessment")
        self.next("Decide what is granted")
        form = self.part("What is decided")
        form.get_by_label("Every category of data: decision").select_option(decision)
        for name, value in (("ground", ground), ("reason of a refusal", reason)):
            if value:
                form.get_by_label(f"Every category of data: {name}").select_option(value)
        if why:
            form.get_by_label("Every category of data: justification of a refusal").fill(why)
        self.press("Record the outcomes", "Recorded: ")

    def carry_out(self) -> None:
        """Set going what was granted."""
        self.next("Carry it out")
        self.press("Carry it out", "Done. The case is now: being carried out")

    def step(self, name: str, done: str) -> None:
        """Do a step by hand."""
        row = self.part("Steps").get_by_role("listitem").filter(has_text=name)
        row.get_by_label("What was done").fill(done)
        row.get_by_role("button", name="Done", exact=True).click()
        expect(self.page.locator(".messagelist")).to_contain_text("Recorded.")

    def write(self) -> None:
        """Write the answer."""
        self.next("Write the answer")
        self.press("Write the answer", "The answer is written. Read it before it leaves.")

    def send(self) -> EmailMessage:
        """Send the answer, which nobody has to approve; returns the mail."""
        self.next("Send the answer")
        self.press("Send the answer", "The answer leaves now")
        return self.closed("fulfilled")

    def propose(self, button: str) -> None:
        """Hand the case to a second person."""
        self.press(button, "Done. The case is now: waiting for approval")

    def approve(self) -> None:
        """Approve what a colleague prepared."""
        self.next("A second person approves")
        self.press("Approve", "Approved. The answer leaves as soon as everything is carried out.")

    def closed(self, status: str) -> EmailMessage:
        """The answer has left, and the case is over; returns the mail."""
        self.next("Nothing: the case is closed")
        expect(self.page.locator(".subtitle")).to_contain_text(status)
        (answer,) = [one for one in mail.outbox if one.subject.startswith("Our answer")]
        assert answer.to == [ADDRESS] and self.case.reference in answer.subject
        return answer
