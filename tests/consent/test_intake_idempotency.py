"""The same file twice changes nothing: no row of any table but the import's own batch and audit event."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from openpyxl import Workbook

from config.models import AuditEvent
from consent.models import ImportBatch
from consent.models.airlock import Decision, ImportKind
from consent.models.suppression import FormerReason
from contacts.models import Agreement, Contact, Organisation
from tests.consent.conftest import (
    DAY,
    NOW,
    TODAY,
    Cells,
    Imported,
    agreement_row,
    assert_changes_nothing,
    bring,
    bring_agreements,
    bring_engagements,
    csv_text,
    customer,
    employers,
    engagement_row,
    former,
    night,
    on,
    person,
    snapshot,
    suppress,
    the,
)

pytestmark = pytest.mark.django_db


def identical(rows: Sequence[Cells]) -> bytes:
    """The very same bytes."""
    return csv_text(rows).encode()


def saved_again(rows: Sequence[Cells]) -> bytes:
    """The same rows as another program saves them: with a mark, semicolons and other line ends."""
    return csv_text(rows, ";").replace("\n", "\r\n").encode("utf-8-sig")


def as_workbook(rows: Sequence[Cells]) -> bytes:
    """The same rows as a spreadsheet program saves them."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    sheet.append(columns)
    for row in rows:
        sheet.append([row.get(column, "") for column in columns])
    book.save(out)
    return out.getvalue()


@pytest.fixture(params=[identical, saved_again, as_workbook])
def again(request: pytest.FixtureRequest) -> Callable[..., Imported]:
    """Import the rows a second time and see that nothing changes."""

    def import_again(rows: Sequence[Cells], at: datetime = NOW, kind: ImportKind = ImportKind.CONTACTS) -> Imported:
        return assert_changes_nothing(request.param(rows), at, kind=kind)

    return import_again


FILE = [
    person(collected_on="2025-01-01", phone="+358401111111", city="Oulu", topics="backup; cloud", job_title="CTO"),
    person(collected_on="2025-02-01", phone="+358402222222", supplied_by_subject="yes"),
    person(collected_on="2025-02-01", phone="+358403333333", city="Turku", organisation="Acme Oy"),
    person(collected_on="2025-01-01", phone="+358404444444", city="Vaasa", organisation="Acme GmbH"),
    person(collected_on="2025-03-01", first_name="Heinrich", last_name="Schmidt"),
    person("bob@example.org", organisation="Acme", organisation_domain="acme.fi", industry="IT", revenue="1"),
    person("bob@example.org", organisation="Acme Oy", organisation_domain="acme.fi", industry="Retail"),
    person("bob@example.org", organisation="Acme", organisation_domain="acme.de", in_marketing="no"),
    person("carla@example.org", in_marketing="no", collected_on="2026-03-01"),
    person("carla@example.org", in_marketing="yes", collected_on="2024-03-01"),
    person("carla@example.org", consent_email="yes", consent_at="2024-05-01", consent_text="Yes."),
    person("carla@example.org", consent_email="no", consent_at="2023-05-01"),
    person("carla@example.org", consent_email="unknown"),
    person("out@example.org", unsubscribed="yes"),
    person("out@example.org", organisation="Acme Oy"),
    person("gone@example.org", organisation="Customer Oy", city="Oulu", collected_on="2025-01-01"),
    person("gone@example.org", organisation="Customer Oy", city="Turku", collected_on="2025-01-01"),
    person("purged@example.org", collected_on="2025-01-01"),
    person("erased@example.org", collected_on="2026-10-01"),
    person("", external_id="7", source="crm", city="Oulu"),
    person("", external_id="7", source="crm", city="Turku"),
    person("", external_id="7", source="erp", city="Kemi"),
    person("dora@example.org", external_id="7", source="mail"),
    person("nonsense"),
    person("eve@example.org", organisation="Acme Oy", affiliated_from="2024-01-01"),
    person("eve@example.org", organisation="Acme Oy", affiliated_until="2025-01-01", collected_on="2025-01-01"),
    person("eve@example.org", organisation="Acme Oy", affiliated_until="2024-06-01", collected_on="2024-06-01"),
    person("eve@example.org", organisation="Acme Oy", affiliated_from="2025-06-01", collected_on="2025-06-01"),
]
"""Everything a file can say at once, with rows that contradict each other."""


def furnish() -> None:
    """What the register holds before the file comes."""
    customer("Customer Oy")
    suppress("gone@example.org")
    former("purged@example.org", FormerReason.PURGE, on("2026-01-01"))
    former("erased@example.org", FormerReason.REQUEST, on("2026-01-01"))


@pytest.mark.parametrize("rows_in_a_chunk", [1, 2, 3, 7, 5000])
def test_a_file_with_contradicting_rows_changes_nothing_the_second_time(
    rows_in_a_chunk: int, chunk_of: Callable[[int], None]
) -> None:
    furnish()
    chunk_of(rows_in_a_chunk)
    first = bring(FILE)
    assert set(first.decisions) == set(Decision)
    assert_changes_nothing(FILE)
    assert_changes_nothing(FILE, NOW + DAY)


@pytest.mark.parametrize("save", [saved_again, as_workbook])
def test_a_file_with_contradicting_rows_changes_nothing_when_it_was_saved_again(
    save: Callable[[Sequence[Cells]], bytes],
) -> None:
    furnish()
    bring(FILE)
    assert_changes_nothing(save(FILE))


def test_a_suppressed_customer_gains_no_other_employer_by_the_same_rows_saved_again() -> None:
    furnish()
    rows = [
        person("gone@example.org", organisation="Prospect Oy", collected_on="2025-01-01"),
        person("gone@example.org", organisation="Customer Oy", collected_on="2025-01-01"),
    ]
    bring(rows)
    assert employers(the("gone@example.org")) == {"Customer Oy"}
    assert_changes_nothing(saved_again(rows))


def test_a_listed_prospect_under_another_name_does_not_wait_when_the_file_comes_again() -> None:
    furnish()
    rows = [
        person("gone@example.org", first_name="Heinrich", last_name="Schmidt"),
        person("gone@example.org", organisation="Customer Oy"),
    ]
    assert bring(rows).decisions == ["suppressed", "suppressed"]
    assert_changes_nothing(rows)


def test_the_result_does_not_depend_on_where_the_chunks_end(chunk_of: Callable[[int], None]) -> None:
    furnish()
    seen = set()
    for rows_in_a_chunk in (1, 2, 3, 7, 5000):
        chunk_of(rows_in_a_chunk)
        decisions, contents = _tried(FILE)
        seen.add((tuple(decisions), contents))
    assert len(seen) == 1


def _tried(rows: Sequence[Cells]) -> tuple[list[str], str]:
    """What an import decides and leaves in the register, undone afterwards."""
    from django.db import transaction

    with transaction.atomic():
        decisions = bring(rows).decisions
        columns = (
            "email", "phone", "city", "topics", "in_marketing", "collected_on", "collected_estimated", "last_engaged_on",
            "affiliations__organisation__name", "affiliations__started_on", "affiliations__ended_on",
        )  # fmt: skip
        contents = repr(sorted(map(repr, Contact.objects.values_list(*columns))))
        transaction.set_rollback(True)
    return decisions, contents


def test_the_second_import_of_a_file_leaves_a_batch_and_an_audit_event() -> None:
    bring(FILE)
    batches, events = ImportBatch.objects.count(), AuditEvent.objects.count()
    bring(FILE)
    assert (ImportBatch.objects.count(), AuditEvent.objects.count()) == (batches + 1, events + 1)


def test_rows_without_a_day_change_nothing_on_a_later_day(again: Callable[..., Imported]) -> None:
    rows = [person(phone="+358401111111"), person("", external_id="7", source="crm", organisation="Acme Oy")]
    bring(rows, NOW - 40 * DAY)
    days = list(Contact.objects.values_list("collected_on", "collected_estimated"))
    assert again(rows).decisions == ["unchanged", "unchanged"]
    assert list(Contact.objects.values_list("collected_on", "collected_estimated")) == days


def test_the_very_same_file_with_contradicting_undated_rows_changes_nothing_on_a_later_day() -> None:
    rows = [person(phone="+358401111111", city="Oulu"), person(phone="+358402222222", city="Turku")]
    bring(rows)
    for days in (1, 40):
        assert_changes_nothing(rows, NOW + days * DAY)
    assert the().phone == "+358401111111"


def test_an_old_file_undoes_nothing_that_came_after_it(again: Callable[..., Imported]) -> None:
    old = [person(phone="+358401111111", collected_on="2026-01-01")]
    bring(old)
    bring([person(phone="+358402222222", collected_on="2026-02-01")])
    again(old)
    assert the().phone == "+358402222222"


# After a night --------------------------------------------------------------------------------------------------------


def test_whoever_a_night_has_erased_stays_away(again: Callable[..., Imported]) -> None:
    rows = [
        person(collected_on="2024-11-22", organisation="Acme Oy", topics="backup"),
        person("kept@example.org", collected_on="2024-11-23"),
    ]
    bring(rows)
    night(TODAY)
    assert list(Contact.objects.values_list("email", flat=True)) == ["kept@example.org"]
    assert again(rows).decisions == ["rejected", "unchanged"]


def test_somebody_without_a_day_of_collection_whom_a_night_has_erased_stays_away(
    again: Callable[..., Imported],
) -> None:
    rows = [person()]
    bring(rows, NOW - 731 * DAY)
    night(TODAY)
    assert not Contact.objects.exists()
    assert again(rows).decisions == ["rejected"]


def test_somebody_without_address_whom_a_night_has_erased_stays_away(again: Callable[..., Imported]) -> None:
    rows = [person("", external_id="7", source="crm", collected_on="2020-01-01")]
    bring(rows)
    assert Contact.objects.exists()
    night(TODAY)
    assert not Contact.objects.exists()
    assert again(rows).decisions == ["rejected"]


def test_what_left_with_the_marketing_register_stays_away(again: Callable[..., Imported]) -> None:
    customer(ends_on=on("2025-01-01"))
    rows = [
        person(
            collected_on="2020-01-01",
            organisation="Acme Oy",
            topics="backup",
            notification_preferences="monthly",
            consent_email="yes",
            consent_at="2021-01-01",
            consent_text="Yes.",
        )  # fmt: skip
    ]
    bring(rows)
    assert the().topics == ["backup"]
    night(TODAY)
    assert (the().in_marketing, the().topics) == (False, [])
    again(rows)
    again(rows, NOW + DAY)


def test_engagements_that_left_with_the_marketing_register_stay_away(again: Callable[..., Imported]) -> None:
    customer(ends_on=on("2025-01-01"))
    bring([person(collected_on="2020-01-01", organisation="Acme Oy")])
    rows = [engagement_row(occurred_at="2024-11-01T12:00:00Z"), engagement_row(kind="open")]
    bring_engagements(rows)
    night(TODAY)
    assert (the().in_marketing, the().last_engaged_on) == (False, None)
    again(rows, kind=ImportKind.ENGAGEMENTS)


def test_a_link_that_left_with_the_customer_register_stays_away(again: Callable[..., Imported]) -> None:
    customer(ends_on=on("2020-01-01"))
    rows = [person(collected_on="2019-01-01", organisation="Acme Oy", notification_preferences="monthly")]
    bring(rows)
    bring_engagements([engagement_row()])
    assert employers(the()) == {"Acme Oy"}
    night(TODAY)
    assert (employers(the()), the().notification_preferences) == (set(), "")
    again(rows)


def test_engagements_past_their_own_clock_stay_away(again: Callable[..., Imported]) -> None:
    from retention.expiry import expire

    bring([person(collected_on="2020-01-01")])
    rows = [engagement_row(occurred_at="2024-11-01T12:00:00Z"), engagement_row()]
    bring_engagements(rows)
    expire(NOW)
    before = snapshot()["contacts.Engagement"]
    assert len(before) == 1
    again(rows, kind=ImportKind.ENGAGEMENTS)


# Agreements and engagements -------------------------------------------------------------------------------------------

AGREEMENTS = [
    agreement_row(reference="R", ends_on="2025-01-01"),
    agreement_row(reference="R", ends_on="2026-01-01"),
    agreement_row(ends_on="2024-01-01"),
    agreement_row(ends_on="2025-01-01", organisation="Acme", organisation_domain="acme.fi"),
    agreement_row(organisation="Acme Oy", organisation_domain="acme.fi", reference="S"),
    agreement_row(organisation="Acme Oy", organisation_domain="acme.de", reference="S"),
    agreement_row(kind="nonsense"),
]


@pytest.mark.parametrize("rows_in_a_chunk", [1, 2, 5000])
def test_agreements_that_contradict_each_other_change_nothing_the_second_time(
    rows_in_a_chunk: int, chunk_of: Callable[[int], None]
) -> None:
    chunk_of(rows_in_a_chunk)
    bring_agreements(AGREEMENTS)
    assert Agreement.objects.exists()
    assert_changes_nothing(AGREEMENTS, kind=ImportKind.AGREEMENTS)


def test_agreements_change_nothing_when_they_are_saved_again(again: Callable[..., Imported]) -> None:
    rows = [AGREEMENTS[1], *AGREEMENTS[3:]]
    bring_agreements(rows)
    again(rows, kind=ImportKind.AGREEMENTS)


@pytest.mark.parametrize("rows_in_a_chunk", [1, 2, 5000])
def test_engagements_change_nothing_the_second_time(
    rows_in_a_chunk: int, chunk_of: Callable[[int], None], again: Callable[..., Imported]
) -> None:
    chunk_of(rows_in_a_chunk)
    bring([person(), person("bob@example.org", first_name="Bob")])
    rows = [
        engagement_row(),
        engagement_row(),
        engagement_row(automated="yes"),
        engagement_row(kind="open", occurred_at="2025-01-01T12:00:00Z"),
        engagement_row("bob@example.org", external_id="1"),
        engagement_row("BOB@example.org", external_id="2"),
        engagement_row("nobody@example.org"),
    ]
    imported = bring_engagements(rows)
    assert imported.decisions == ["created", "unchanged", "unchanged", "created", "created", "created", "rejected"]
    again(rows, kind=ImportKind.ENGAGEMENTS)


def test_a_domain_learnt_from_one_row_is_known_to_the_next(again: Callable[..., Imported]) -> None:
    Organisation.objects.create(name="Acme Oy")
    rows = [
        person(organisation="Acme Oy", organisation_domain="acme.fi"),
        person("bob@example.org", organisation="Acme Oy", organisation_domain="acme.fi"),
        person("carla@example.org", organisation="Acme Oy"),
    ]
    bring(rows)
    assert Organisation.objects.count() == 1
    again(rows)
