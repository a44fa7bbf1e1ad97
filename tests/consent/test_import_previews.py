"""What would happen to the rows of a file, on the page and in the row report; looking changes nothing."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from consent.intake import uploads
from consent.intake.outcome import RowOutcome
from consent.models import ImportBatch
from consent.models.airlock import Decision, ImportState
from consent.models.suppression import FormerReason
from consent.report import lines as report_lines
from contacts.models import Contact
from tests.consent.conftest import (
    customer,
    differences,
    former,
    on,
    person,
    snapshot,
    suppress,
)
from tests.consent.pages import (
    EACH,
    act,
    clerk,
    files,
    one_of_each,
    page_of,
    people,
    surroundings,
    text_of,
    upload,
)

pytestmark = pytest.mark.django_db

__all__ = ["clerk", "surroundings"]


# The preview ----------------------------------------------------------------------------------------------------------


def test_the_preview_says_how_many_rows_what_happens_to_them_and_where_they_are(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    shown = text_of(clerk.get(page_of(batch)))
    for decision in EACH:
        assert f'<th scope="row">{decision.capitalize()}</th><td class="number">1</td>' in shown
    assert "Correct these rows in the file and upload them again." in shown
    assert "Line 7, column “email”:</strong> This is not an e-mail address." in shown
    assert "Line 6:</strong> The address is known under a clearly different name." in shown
    assert "<strong>Line 2</strong>" in shown


def test_the_preview_shows_no_value_of_the_file(clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, one_of_each()))))
    assert "Line 7" in shown
    for value in ("new@example.org", "not-an-address", "Virtanen", "Schmidt"):
        assert value not in shown


def test_the_preview_says_when_the_upload_vanishes(clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, [person()]))))
    assert "on <strong>24 Nov 2026, 12:00</strong> at the latest" in shown


def test_more_rows_than_shown_are_counted(clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, people(7)))))
    assert "Lines 2, 3, 4, 5, 6" in shown
    assert "and 2 more rows" in shown


def test_rows_of_which_the_same_is_to_be_said_are_named_together(clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, [person("x"), person(), person("y"), person(phone="=1")]))))
    assert "Lines 2, 4, column “email”:</strong> This is not an e-mail address." in shown
    assert "Line 5, column “phone”:</strong> The cell holds a formula" in shown


@pytest.mark.parametrize("rows", ["", "not-an-address,Anna\n"])
def test_nothing_to_import_has_no_confirm_button(rows: str, clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, "email,first_name\n" + rows))))
    assert "othing would be imported" in shown
    assert "Confirm import" not in shown
    assert "Abandon" in shown


def test_the_same_file_again_is_recognised(clerk: Client) -> None:
    first = upload(clerk, [person()])
    assert "imported before" not in text_of(clerk.get(page_of(first)))
    act(clerk, "confirm", first)
    second = upload(clerk, [person()], name="another-name.csv")
    shown = text_of(clerk.get(page_of(second)))
    assert "has been imported before" in shown
    assert page_of(first) in shown


ADDRESSES = st.sampled_from(
    ["a@example.org", "b@example.org", "C@Example.org", "erased@example.org", "no@example.org", "x", ""]
)
PEOPLE = st.fixed_dictionaries({
    "email": ADDRESSES,
    "first_name": st.sampled_from(["Anna", "Kurt", ""]),
    "last_name": st.sampled_from(["Virtanen", "Schmidt", ""]),
    "phone": st.sampled_from(["", "+358401234567", "+358401234568"]),
    "organisation": st.sampled_from(["", "Acme Oy", "Beta GmbH"]),
    "collected_on": st.sampled_from(["", "2024-05-01", "2026-05-01", "2099-01-01"]),
    "in_marketing": st.sampled_from(["", "no", "perhaps"]),
    "unsubscribed": st.sampled_from(["", "", "yes"]),
})  # fmt: skip


@rules(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(PEOPLE, max_size=7))
@example(rows=[{"email": "a@example.org", "unsubscribed": "yes"}, {"email": "a@example.org", "unsubscribed": ""}])
def test_the_import_does_what_the_preview_said(rows: list[dict[str, str]], clerk: Client) -> None:
    customer("Acme Oy")
    Contact.objects.get_or_create(
        email="b@example.org", defaults={"last_name": "Virtanen", "collected_on": on("2024-01-01")}
    )
    former("erased@example.org", FormerReason.REQUEST, on("2025-01-01"))
    suppress("no@example.org")
    batch = upload(clerk, [*rows, person("last@example.org")])
    previewed, register = batch.counts, snapshot()
    act(clerk, "confirm", batch)
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert batch.counts == previewed
    assert sum(previewed.values()) == batch.rows_total == batch.rows_done == len(rows) + 1
    written = differences(register, snapshot())
    assert len(written.get("contacts.Contact", ())) <= sum(
        map(previewed.get, ("created", "updated", "suppressed"), (0, 0, 0))
    )
    assert len(written.get("consent.QuarantinedRow", ())) <= previewed.get("quarantined", 0)


# The row report -------------------------------------------------------------------------------------------------------


def report(client: Client, batch: ImportBatch, language: str = "en") -> list[list[str]]:
    """The lines of the row report."""
    answer: Any = client.get(
        reverse("admin:consent_importbatch_report", args=[batch.pk]), headers={"accept-language": language}
    )
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="import-2026-11-23-')
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:]), delimiter="," if language == "en" else ";"))


def test_the_report_has_one_line_for_each_row_and_no_value(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    head, *lines = report(clerk, batch)
    assert head == ["line", "decision", "column", "reason", "what to do"]
    assert [line[:3] for line in lines] == [
        ["2", "created", ""],
        ["3", "updated", ""],
        ["4", "unchanged", ""],
        ["5", "suppressed", ""],
        ["6", "quarantined", ""],
        ["7", "rejected", "email"],
    ]
    assert "not-an-address" not in str(lines)
    assert "Virtanen" not in str(lines)


def test_reading_the_report_changes_nothing(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    before, stored = snapshot(), ImportBatch.objects.filter(pk=batch.pk).values().get()
    report(clerk, batch)
    clerk.get(page_of(batch))
    assert set(differences(before, snapshot())) <= {"sessions.Session"}
    assert ImportBatch.objects.filter(pk=batch.pk).values().get() == stored
    assert len(files()) == 1


def test_the_report_has_the_separator_its_spreadsheets_expect(clerk: Client) -> None:
    lines = report(clerk, upload(clerk, [person("not-an-address")]), "de")
    assert (lines[1][0], len(lines[1])) == ("2", 5)


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d"])
def test_no_cell_of_the_report_is_a_formula(beginning: str) -> None:
    cell = f"{beginning}1+1"
    row = RowOutcome(2, Decision.REJECTED, reason=cell, remedy=cell, column=cell)
    _head, *lines = "".join(report_lines([row], "en")).splitlines(keepends=True)
    ((line, *cells),) = csv.reader(io.StringIO("".join(lines), newline=""))
    assert (line, cells) == ("2", ["rejected", f"'{cell}", f"'{cell}", f"'{cell}"])


def test_an_ordinary_cell_of_the_report_stays_as_it_is() -> None:
    row = RowOutcome(2, Decision.REJECTED, reason="This is 1-1.", column="e-mail")
    assert list(report_lines([row], "en"))[1] == "2,rejected,e-mail,This is 1-1.,\r\n"


def test_there_is_no_report_once_the_file_is_gone(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    answer = clerk.get(reverse("admin:consent_importbatch_report", args=[batch.pk]), follow=True)
    assert answer.redirect_chain == [(page_of(batch), 302)]
    assert "its upload has vanished" in text_of(answer)


def test_a_file_that_vanishes_while_the_report_is_read_is_named_in_its_last_line(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    uploads.path_of(batch).unlink()
    assert report(clerk, batch)[-1][3].startswith("The uploaded file is gone")
