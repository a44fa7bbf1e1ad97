"""How much a page asks: eight statements and one for each of its sections, whatever the page and however it is narrowed.

The eight are the session, the account with its permissions, the purposes in use, what must be found first, the rows of
the page, the permission rule, what it takes of another table, and the row of the read log. A section is a titled block
of the page: a part of its form, a table of linked rows, or a panel. A list is one block, and its title that of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import board, roles
from config.dates import local_date, now
from config.models import Actor, Subsidiary, User
from contacts.directory import working
from contacts.models import Affiliation, Contact
from contacts.visibility import visible_to
from dsar import demo
from dsar.models.requests import Right
from retention.models import RetentionRun
from retention.models.runs import RunState
from tests.dsar.cases import identified
from tests.dsar.conftest import entered
from tests.dsar.people import well_known
from tests.every_page import pages
from tests.planted import DAY, silent
from tests.sellers import browser, directory, entry
from tests.staff import account, page_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:No directory at"),
]

MOST = 8
SEVERAL = 2
"""Somebody looked for by a part of the name and by a channel, say, is found in two steps more."""
BLOCK = re.compile(r"<h2\b")


@pytest.fixture
def _house() -> None:
    demo.fill(now(), contacts=100, seed=1)
    board.check(now(), Actor.command())


def asked(client: Client, page: str) -> tuple[Any, int]:
    """A page opened for the second time, and how many statements that takes."""
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(page)
        statements = len(queries)
    assert answer.status_code in (200, 302), f"{page}: {answer.status_code}"
    return answer, statements


def sections(answer: Any) -> int:
    """The titled blocks of a page; none of a list."""
    is_list = bool(answer.context and "cl" in answer.context)
    return 0 if is_list else len(BLOCK.findall(answer.content.decode().partition('id="content"')[2]))


@pytest.mark.usefixtures("_house")
def test_a_page_of_the_desk_takes_eight_statements_and_one_for_each_section() -> None:
    user = User.objects.get(username="admin")
    client, found, walked = browser(user), [], list(pages(user))
    for page in walked:
        answer, statements = asked(client, page)
        most = MOST + sections(answer)
        found += [f"{page}: {statements}, at most {most}"] if statements > most else []
    assert len(walked) > 100
    assert "\n".join(found) == ""


PACKED = (Right.ACCESS, Right.PORTABILITY)
FAST = (Right.MARKETING_OBJECTION, Right.WITHDRAWAL)
"""Carried out at once, without an assessment."""


@pytest.mark.parametrize("right", Right.values)
def test_a_case_about_somebody_of_whom_we_hold_everything_takes_no_more(right: Right) -> None:
    client = browser(account(roles.PRIVACY_OFFICER))
    roles.seed_controller()
    person = well_known()
    case = entered(right, contact=person).asked.get() if right in FAST else identified(right, person)
    packed = [reverse("admin:dsar_askedright_contents", args=[case.pk])] if right in PACKED else []
    for page in (page_of(case.request), *packed):
        answer, statements = asked(client, page)
        assert sections(answer) > 3, page
        assert statements <= MOST + sections(answer), page


@pytest.mark.usefixtures("_house")
def test_the_home_page_with_every_alarm_takes_no_more() -> None:
    silent(4)
    RetentionRun.objects.update(finished_at=now() - 3 * DAY)
    RetentionRun.objects.create(on_date=local_date(now()), trigger="command", state=RunState.WAITING)
    answer, statements = asked(browser(User.objects.get(username="admin")), reverse("admin:index"))
    text = answer.content.decode()
    for alarm in ("A night was missed", "Waiting for approval", "Due and still here", "the clock runs"):
        assert alarm in text
    assert statements <= MOST + sections(answer)


# The directory --------------------------------------------------------------------------------------------------------


def somebody(user: User) -> Affiliation:
    """A person whom the account sees, at work somewhere today, of whom there is something to find by."""
    seen = visible_to(user, now()).exclude(last_name="").exclude(email="").exclude(language="")
    return working(local_date(now())).filter(contact__in=seen.values("pk")).order_by("pk")[0]


def narrowed(link: Affiliation) -> dict[str, str]:
    """Each filter with what finds the person, or with what finds nobody."""
    person = link.contact
    Contact.objects.filter(pk=person.pk).update(job_title="Buyer", topics=["Training"])
    return {
        "q": person.last_name[1:],
        "organisation": link.organisation.name,
        "job": "buy",
        "country": person.country.code,
        "language": person.language,
        "topic": "training",
        "relationship": "customer",
        "purpose": "marketing",
        "channel": "email",
        "known": "no",
    }


def lists(link: Affiliation) -> Iterator[tuple[str, int]]:
    """Pages of the list with the most that each may take: with no filter, with each alone, with some and with all."""
    person, by = link.contact, narrowed(link)
    others = ({"q": person.last_name}, {"q": person.email}, {"q": person.reference}, {"q": "nobody"}, {"q": "half@"})
    alone: tuple[dict[str, str], ...] = (
        {},
        {"after": str(person.pk)},
        {"channel": "phone"},
        {"channel": "post"},
        *others,
    )
    yield from ((directory(**one), MOST) for one in (*alone, *({name: text} for name, text in by.items())))
    for some in combinations(by.items(), 2):
        yield directory(**dict(some)), MOST + SEVERAL
    yield directory(**by), MOST + SEVERAL
    yield directory(**{**by, "q": "nobody"}), MOST + SEVERAL


@pytest.mark.usefixtures("_house")
@pytest.mark.parametrize("sees", ["subsidiary", "region"])
def test_a_page_of_the_directory_takes_eight_statements_and_one_for_each_section(sees: str) -> None:
    user = User.objects.filter(groups__name=roles.SALES).order_by("username")[0]
    User.objects.filter(pk=user.pk).update(sees=sees)
    Subsidiary.objects.update(region="Everywhere")
    user = User.objects.get(pk=user.pk)
    client, link = browser(user), somebody(user)
    most = dict(lists(link))
    taken = {page: asked(client, page)[1] for page in most}
    assert {page: number for page, number in taken.items() if number > most[page]} == {}
    assert taken[directory(channel="email")] == MOST, "somebody is reached, so everything is asked"
    firm = reverse("directory:contacts_organisation_page", args=[link.organisation_id])
    for page, blocks in ((entry(link.contact), 7), (firm, 3)):
        answer, statements = asked(client, page)
        assert sections(answer) == blocks
        assert statements <= MOST + blocks, page
