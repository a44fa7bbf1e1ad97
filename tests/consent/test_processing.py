"""The register of processing and the data dictionary are made from what runs, so they cannot drift (Art. 30; S158-S161)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from config import roles
from config.models import Controller, Subsidiary, User
from config.policy import periods
from config.policy.periods import Period
from config.roles import AUDITOR, PRIVACY_CLERK, SALES
from consent.models import LegalBasis, Purpose, Recipient
from consent.processing import dictionary as dictionary_module
from consent.processing.dictionary import by_table, dictionary
from consent.processing.record import record
from consent.processing.tables import Table, workbook
from consent.processing.time_limits import MEANINGS
from contacts import personal_data
from contacts.models import Contact
from contacts.personal_data import Expiry, OnErasure, PersonalData, declared_models
from tests.consent.disclosure_cast import recipient, safeguard
from tests.staff import NOW, TODAY, at_work, list_of, officer, page_of, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "consent.processingactivity"


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        roles.seed_controller()
        roles.seed_example_subsidiaries()
        yield


def part(letter: str) -> Table:
    return next(table for table in record(NOW) if table.name.startswith(letter))


def cells(table: Table) -> set[str]:
    return {str(cell) for row in table.rows for cell in row}


# Complete -----------------------------------------------------------------------------------------------------------


def test_every_letter_of_the_article_has_its_part_and_none_is_empty() -> None:
    tables = record(NOW)
    assert [table.name[0] for table in tables] == list("abcdefg")
    assert [table.name for table in tables if not table.rows] == []
    assert all(len(row) == len(table.headings) for table in tables for row in table.rows)


def test_the_controller_is_the_record_itself() -> None:
    Controller.objects.update(privacy_email="dpo@example.org")
    assert {"F-Secure Corporation", "0705579-2", "dpo@example.org"} <= cells(part("a"))


def test_every_purpose_is_listed_with_its_bases() -> None:
    rows = {row[0]: row for row in part("b").rows}
    assert rows.keys() == {str(purpose) for purpose in Purpose.objects.all()}
    fresh = Purpose.objects.create(code="fresh", name="A fresh purpose", clause="S19")
    LegalBasis.objects.create(purpose=fresh, register="customer", basis="contract")
    [row] = [row for row in part("b").rows if row[0] == "A fresh purpose"]
    assert row[3] == "customer register: contract, Art. 6(1)(b)"


def test_every_declared_model_and_every_field_is_listed() -> None:
    listed = {(row[0], row[1]) for row in dictionary().rows}
    actual = {
        (model._meta.label, field.name)
        for model, _data in declared_models()
        for field in model._meta.local_concrete_fields
    }
    assert listed == actual
    assert len(part("c").rows) == len(list(declared_models()))


@isolate_apps("contacts")
def test_a_model_that_is_added_appears_with_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    class Visitor(models.Model):
        contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
        badge = models.CharField(gettext_lazy("number of the badge"), max_length=10)
        came_at = models.DateTimeField()
        personal_data = PersonalData(
            OnErasure.DELETE,
            subject="contact",
            personal=("badge",),
            technical=("id", "contact", "came_at"),
            expiry=Expiry("came_at", 7),
        )

        class Meta:
            app_label = "contacts"

        def __str__(self) -> str:
            return self.badge

    known = list(declared_models())
    more = lambda: iter([*known, (Visitor, Visitor.personal_data)])  # noqa: E731
    monkeypatch.setattr(dictionary_module, "declared_models", more)
    rows = {row[1]: row for row in dictionary().rows if row[0] == "contacts.Visitor"}
    assert rows.keys() == {"id", "contact", "badge", "came_at"}
    assert rows["badge"][2:4] == ("Number of the badge", "personal")
    assert rows["badge"][7].startswith("7 months, counted from: came at")


def test_every_personal_field_has_a_category_a_sensitivity_and_a_time_limit() -> None:
    personal = [row for row in dictionary().rows if row[3] == "personal"]
    assert len(personal) > 60
    assert [row for row in personal if not all(row[index].strip("–") for index in (4, 5, 6, 7))] == []
    by_field = {(row[0], row[1]): row for row in personal}
    assert by_field["contacts.Contact", "last_name"][4:6] == ("name and salutation", "ordinary")
    assert by_field["contacts.Engagement", "ip_address"][5].startswith("high")
    assert by_field["contacts.Contact", "email_digest"][5].startswith("pseudonym")


def test_the_fields_of_a_contact_are_sorted_into_categories_that_exist() -> None:
    sorted_ones = {name for names in dictionary_module.OF_CONTACTS.values() for name in names.split()}
    assert sorted_ones <= {field.name for field in Contact._meta.local_concrete_fields}


def test_a_field_says_in_which_files_it_leaves() -> None:
    rows = {row[1]: row[8] for row in dictionary().rows if row[0] == "contacts.Contact"}
    assert rows["email"] == "audience by e-mail"
    assert rows["reference"].endswith("list of who was left out")
    assert rows["topics"] == ""


def test_every_period_is_listed_and_one_that_is_added_appears(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        name: value
        for name, value in vars(periods).items()
        if name.endswith(("_MONTHS", "_DAYS", "_HOURS")) and isinstance(value, int)
    }
    listed = {row[2]: row[1] for row in part("f").rows}
    assert own.keys() <= listed.keys() and own.keys() == MEANINGS.keys()
    assert all(listed[name].startswith(f"{value} ") for name, value in own.items())
    assert listed["S95, since 2019-09-01"] == "24 months" and listed["S97, since 2019-09-01"] == "60 months"
    monkeypatch.setattr(periods, "FRESH_CLOCK_DAYS", 9, raising=False)
    shorter = Period("S95", 12, TODAY)
    monkeypatch.setattr("consent.processing.time_limits.MARKETING_PERIODS", (*periods.MARKETING_PERIODS, shorter))
    rows = part("f").rows
    assert ("fresh clock days", "9 days", "FRESH_CLOCK_DAYS") in rows
    assert "S95, since 2026-11-23" in {row[2] for row in rows}


def test_recipients_and_transfers_follow_the_subsidiaries_and_the_staff_abroad() -> None:
    Subsidiary.objects.create(name="Obhut Zembla Ltd", country="CL")
    User.objects.create_user("traveller", country="IN", is_staff=True)
    assert "Obhut Zembla Ltd" in cells(part("d"))
    transfers = {row[1]: row for row in part("e").rows}
    assert {"Chile", "India", "Japan"} <= transfers.keys()
    assert not {"Finland", "Germany", "Sweden"} & transfers.keys()
    chile = next(row for row in part("e").rows if row[1] == "Chile")
    assert "the gate is closed" in chile[2]
    zembla = Subsidiary.objects.get(country="CL")
    known = recipient("subsidiary", subsidiary=zembla, name=zembla.name, country="CL", role="joint")
    safeguard(known, reference="SCC-2024-1")
    [chile] = [row for row in part("e").rows if row[1] == "Chile"]
    assert "SCC-2024-1" in chile[2]
    Recipient.objects.filter(pk=known.pk).update(ended_on=TODAY)
    assert "Chile" not in {row[1] for row in part("e").rows}


def test_the_security_part_says_what_is_true_of_this_installation() -> None:
    def said() -> str:
        return next(str(row[1]) for row in part("g").rows if row[0] == "On the way")

    with override_settings(BASE_URL="http://127.0.0.1:8000"):
        assert said() == "not encrypted: a trial set-up"
    with override_settings(BASE_URL="https://obhut.example"):
        assert said() == "encrypted by TLS, and nothing else"


# Page and workbook --------------------------------------------------------------------------------------------------


def test_the_page_shows_what_the_tables_say_with_day_and_version() -> None:
    text = text_of(officer().get(list_of(LIST)))
    assert "as of 23 Nov 2026. Privacy policy in force: 2019-09." in text
    missing = [cell for table in record(NOW) for cell in cells(table) if " ".join(cell.split()) not in text]
    assert missing == []


def test_the_dictionary_has_its_own_page() -> None:
    text = text_of(officer().get("/admin/consent/processingactivity/dictionary/"))
    assert "Contacts (contacts.Contact): as long as a register has a reason to keep the person" in text
    assert "last_name Last name personal name and salutation ordinary" in text
    assert sum(len(table.rows) for table in by_table()) == len(dictionary().rows)


def test_the_workbook_has_the_same_tables() -> None:
    answer = officer().get("/admin/consent/processingactivity/record.xlsx")
    assert 'filename="register-of-processing-2026-11-23.xlsx"' in answer["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    tables = [*record(NOW), dictionary()]
    assert book.sheetnames == [table.name for table in tables]
    for table in tables:
        title, about, headings, *rows = book[table.name].iter_rows(values_only=True)
        assert title[0] == table.title and "2019-09" in str(about[0])
        assert headings == tuple(str(heading) for heading in table.headings)
        assert [tuple(str(cell or "") for cell in row) for row in rows] == [
            tuple(str(cell) for cell in row) for row in table.rows
        ]


def test_a_cell_of_the_workbook_is_never_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook("", [Table("a", "b", ("c",), [("=1+1",), ("@x",)])])))
    assert [row[0] for row in book["a"].iter_rows(min_row=4, values_only=True)] == ["'=1+1", "'@x"]


@pytest.mark.parametrize(("role", "status"), [(PRIVACY_CLERK, 200), (AUDITOR, 200), (SALES, 403)])
@pytest.mark.parametrize("page", ["", "dictionary/", "record.xlsx"])
def test_who_may_read_it(role: str, status: int, page: str) -> None:
    assert signed_in(role).get(list_of(LIST) + page).status_code == status


def test_a_line_of_it_leads_to_the_page_of_its_purpose() -> None:
    purpose = Purpose.objects.first()
    assert purpose is not None
    answer = officer().get(list_of(LIST) + f"{purpose.pk}/change/")
    assert answer.headers["Location"] == page_of(purpose)


def test_nobody_writes_it() -> None:
    client = officer()
    assert client.get(list_of(LIST) + "add/").status_code == 403
    assert client.post(list_of(LIST) + "add/", {}).status_code == 403


def test_declarations_of_the_ground_floor_are_listed_too() -> None:
    labels = {row[0] for row in dictionary().rows}
    assert set(personal_data.DECLARED_HERE) <= labels
