"""`import_contacts`, `import_agreements` and `import_engagements` as an operator meets them (interfaces.md)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config.models import AuditEvent
from config.models.audit import ActorKind
from consent import suppression
from consent.intake import batches
from consent.models import ImportBatch
from consent.models.airlock import Decision, ImportState
from consent.models.suppression import FormerReason
from contacts.models import Agreement, Collection, Contact, Engagement, Organisation
from tests.consent.conftest import (
    MachineDiesError,
    agreement_row,
    crashing_in_chunk,
    csv_text,
    differences,
    engagement_row,
    former,
    on,
    person,
    snapshot,
    suppress,
    the,
)
from tests.contacts.files import workbook_file

pytestmark = pytest.mark.django_db

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command on a file with this content; returns what it printed."""

    def command(
        content: str | bytes | Path, *options: Any, name: str = "import_contacts", file: str = "file.csv"
    ) -> str:
        path = content if isinstance(content, Path) else tmp_path / file
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        out = io.StringIO()
        call_command(name, str(path), *map(str, options), stdout=out, stderr=io.StringIO())
        return out.getvalue()

    return command


def counts(printed: str) -> dict[str, int]:
    """The counts a command printed; it always prints all six."""
    found = {words[0]: int(words[1]) for words in map(str.split, printed.splitlines()) if words[0] in Decision.values}
    assert list(found) == [decision.value for decision in Decision]
    return {name: count for name, count in found.items() if count}


def furnish() -> str:
    """A register and a file in which every decision occurs."""
    suppress("gone@example.org")
    former("erased@example.org", FormerReason.REQUEST, on("2026-01-01"))
    return csv_text(
        [
            person(),
            person(city="Oulu"),
            person(city="Oulu"),
            person("gone@example.org"),
            person("erased@example.org"),
            person("nonsense"),
        ]
    )


EVERY = {decision.value: 1 for decision in Decision}


# Output and exit codes ------------------------------------------------------------------------------------------------


def test_a_file_whose_every_row_was_decided_ends_well_and_prints_the_counts(run: Run) -> None:
    printed = run(furnish())
    assert counts(printed) == EVERY
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.counts, batch.file_name, batch.format) == (ImportState.DONE, EVERY, "file.csv", "obhut")
    event = AuditEvent.objects.get(action="imported")
    assert (event.actor_kind, event.actor_id, event.counts) == (ActorKind.IMPORT, None, EVERY)


def test_rejected_and_quarantined_rows_are_named_by_line_with_reason_and_remedy(run: Run) -> None:
    lines = [line for line in run(furnish()).splitlines() if line.startswith("line ")]
    assert [line.split(":")[0] for line in lines] == ["line 6", "line 7, email"]
    assert "quarantined" in lines[0] and "erased on request" in lines[0]
    assert "rejected" in lines[1] and "anna@example.org" in lines[1]  # the remedy's own example
    assert "nonsense" not in lines[1]


def test_a_thousand_bad_rows_do_not_flood_the_terminal(run: Run) -> None:
    printed = run(csv_text([person("nonsense") for _row in range(1000)]))
    assert counts(printed) == {"rejected": 1000}
    assert len(printed.splitlines()) < 50


def test_an_empty_list_is_a_good_file(run: Run) -> None:
    assert counts(run("email,first_name\n")) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"city\nOulu\n",
        b"%PDF-1.7",
        b'email,city\n"anna@example.org,Oulu\n',
        b"\xff\xfe\x00",
        b'[{"email": "a@b.fi"}]',
    ],
)
def test_a_file_that_cannot_be_read_exits_with_one_and_writes_nothing(
    content: bytes, run: Run, settings: Settings
) -> None:
    before = snapshot()
    with pytest.raises(CommandError) as refused:
        run(content)
    assert refused.value.returncode == 1
    assert str(refused.value)
    assert differences(before, snapshot()) == {}
    assert list(Path(settings.UPLOAD_DIR).glob("*")) == []


def test_a_file_that_is_not_there_exits_with_one_and_leaves_nothing(
    run: Run, tmp_path: Path, settings: Settings
) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(CommandError) as refused:
            run(path)
        assert refused.value.returncode == 1
    assert not ImportBatch.objects.exists()
    assert list(Path(settings.UPLOAD_DIR).glob("*")) == []


def test_a_file_whose_name_is_no_utf8_is_a_file_all_the_same(run: Run, tmp_path: Path) -> None:
    import os

    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    path.write_text(csv_text([person()]))
    assert counts(run(path)) == {"created": 1}


def test_the_file_itself_stays_where_it_was_and_our_copy_goes(run: Run, tmp_path: Path, settings: Settings) -> None:
    content = csv_text([person()])
    run(content)
    assert (tmp_path / "file.csv").read_text() == content
    assert list(Path(settings.UPLOAD_DIR).iterdir()) == []


def test_an_import_another_worker_goes_on_with_does_not_end_well(
    run: Run, chunk_of: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other worker takes the second chunk and dies: rows are left to do, so nobody may call it done."""
    chunk_of(1)
    real = batches._write_chunk

    def overtaken(batch: ImportBatch, *args: Any) -> Any:
        decided = real(batch, *args)
        monkeypatch.setattr(batches, "_write_chunk", real)
        with crashing_in_chunk(2, monkeypatch), pytest.raises(MachineDiesError):
            batches.run(ImportBatch.objects.get(pk=batch.pk), *actor_and_time())
        return decided

    monkeypatch.setattr(batches, "_write_chunk", overtaken)
    with pytest.raises(CommandError):
        run(csv_text([person(f"p{number}@example.org") for number in range(5)]))
    assert ImportBatch.objects.get().state == ImportState.RUNNING


def actor_and_time() -> tuple[Any, Any]:
    """Who imports, and when."""
    from config.dates import now
    from config.models import Actor

    return Actor(ActorKind.IMPORT), now()


# Options --------------------------------------------------------------------------------------------------------------


def test_a_dry_run_prints_what_the_run_would_and_writes_nothing(run: Run, settings: Settings) -> None:
    content = furnish()
    before = snapshot()
    assert counts(run(content, "--dry-run")) == EVERY
    assert differences(before, snapshot()) == {}
    assert not AuditEvent.objects.filter(action="imported").exists()
    assert not ImportBatch.objects.exists()
    assert list(Path(settings.UPLOAD_DIR).iterdir()) == []
    assert counts(run(content)) == EVERY


def test_a_dry_run_of_an_unreadable_file_exits_with_one_too_and_leaves_nothing(run: Run, settings: Settings) -> None:
    with pytest.raises(CommandError, match="column email"):
        run("city\nOulu\n", "--dry-run")
    assert not ImportBatch.objects.exists()
    assert list(Path(settings.UPLOAD_DIR).iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_the_report_has_one_line_for_each_row(options: Sequence[str], run: Run, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    run(furnish(), "--report", report, *options)
    with report.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["decision"]) for row in rows] == [
        ("2", "created"), ("3", "updated"), ("4", "unchanged"), ("5", "suppressed"), ("6", "quarantined"), ("7", "rejected"),
    ]  # fmt: skip
    assert rows[5]["column"] == "email" and rows[5]["reason"] and rows[5]["remedy"]
    assert "@" not in "".join(row["reason"] for row in rows)


def test_a_report_that_cannot_be_written_stops_the_import_before_it_begins(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run(csv_text([person()]), "--report", tmp_path / "nowhere" / "report.csv")
    assert not Contact.objects.exists() and not ImportBatch.objects.exists()


def test_a_report_is_never_written_over_the_file_itself(run: Run, tmp_path: Path) -> None:
    content = csv_text([person()])
    with pytest.raises(CommandError):
        run(content, "--report", tmp_path / "file.csv")
    assert (tmp_path / "file.csv").read_text() == content


def test_a_source_serves_the_rows_that_name_none(run: Run) -> None:
    run(csv_text([person("a@example.org", source="fair"), person("b@example.org")]), "--source", "crm")
    assert dict(Collection.objects.values_list("contact__email", "source__code")) == {
        "a@example.org": "fair",
        "b@example.org": "crm",
    }
    assert ImportBatch.objects.get().source_code == "crm"


def test_a_long_source_is_taken_whole_or_refused(run: Run) -> None:
    code = "s" * 150
    try:
        run(csv_text([person()]), "--source", code)
    except CommandError:
        assert not Contact.objects.exists()
    else:
        assert Collection.objects.get().source.code == code


def test_a_format_can_be_forced(run: Run) -> None:
    content = "email,first name,last name,title\nanna@example.org,Anna,Virtanen,CTO\n"
    run(content, "--format", "salesforce")
    assert the().job_title == "CTO"
    assert ImportBatch.objects.get().format == "salesforce"
    Collection.objects.all().delete()
    Contact.objects.all().delete()
    run(content, "--format", "mautic")
    assert (the().job_title, the().salutation) == ("", "CTO")


def test_a_forced_format_that_does_not_fit_is_an_unreadable_file(run: Run) -> None:
    with pytest.raises(CommandError):
        run("email,first_name\nanna@example.org,Anna\n", "--format", "mailchimp")
    with pytest.raises(CommandError):
        run("email\nanna@example.org\n", "--format", "outlook")
    assert not Contact.objects.exists()


# What files look like -------------------------------------------------------------------------------------------------

PEOPLE = [
    {"email": "jürgen@example.org", "first_name": "Jürgen", "last_name": "Groß", "city": "Köln; Ehrenfeld"},
    {"email": "aino@example.org", "first_name": "Äinö", "last_name": "Öhman", "city": "Jyväskylä"},
]
COMMAS, SEMICOLONS = csv_text(PEOPLE), csv_text(PEOPLE, ";")
FILES: dict[str, bytes] = {
    "commas": COMMAS.encode(),
    "semicolons": SEMICOLONS.encode(),
    "tabs": csv_text(PEOPLE, "\t").encode(),
    "mark": COMMAS.encode("utf-8-sig"),
    "UTF-16": SEMICOLONS.encode("utf-16"),
    "UTF-16 without mark": SEMICOLONS.encode("utf-16-le"),
    "Windows-1252": SEMICOLONS.encode("cp1252"),
    "Windows line ends": COMMAS.replace("\n", "\r\n").encode(),
    "old Mac line ends": COMMAS.replace("\n", "\r").encode(),
    "headers in any case": COMMAS.replace("email", " EMail ").replace("last_name", "LAST_NAME").encode(),
    "JSON Lines": "\n".join(json.dumps(row) for row in PEOPLE).encode(),
    "JSON Lines, not ASCII": "\n".join(json.dumps(row, ensure_ascii=False) for row in PEOPLE).encode("utf-8-sig"),
}


def assert_people_are_there() -> None:
    """The two people with every letter of their names."""
    found = {tuple(row.values()) for row in Contact.objects.values("email", "first_name", "last_name", "city")}
    assert found == {tuple(row.values()) for row in PEOPLE}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_names_arrive_whole_from_any_file(content: bytes, run: Run) -> None:
    assert counts(run(content, file="people.txt")) == {"created": 2}
    assert_people_are_there()
    assert counts(run(content)) == {"unchanged": 2}


def test_names_arrive_whole_from_a_workbook(run: Run, tmp_path: Path) -> None:
    book = workbook_file(tmp_path, [list(PEOPLE[0]), *(list(row.values()) for row in PEOPLE)])
    assert counts(run(book)) == {"created": 2}
    assert_people_are_there()


def test_whatever_the_file_the_people_are_the_same_ones(run: Run) -> None:
    for number, content in enumerate(FILES.values()):
        assert counts(run(content)) == {"unchanged" if number else "created": 2}


# The other two --------------------------------------------------------------------------------------------------------


def test_agreements_and_engagements_have_commands_of_their_own(run: Run) -> None:
    run(csv_text([person(organisation="Acme Oy")]))
    agreements, engagements = csv_text([agreement_row()]), csv_text([engagement_row(), engagement_row("x@example.org")])
    assert counts(run(agreements, name="import_agreements")) == {"created": 1}
    assert counts(run(engagements, name="import_engagements")) == {"created": 1, "rejected": 1}
    assert (Agreement.objects.count(), Engagement.objects.count()) == (1, 1)
    before = snapshot()
    assert counts(run(agreements, name="import_agreements")) == {"unchanged": 1}
    assert counts(run(engagements, name="import_engagements")) == {"unchanged": 1, "rejected": 1}
    assert counts(run(engagements, "--dry-run", name="import_engagements")) == {"unchanged": 1, "rejected": 1}
    assert differences(before, snapshot()) == {}


@pytest.mark.parametrize("name", ["import_contacts", "import_agreements", "import_engagements"])
def test_a_file_of_another_kind_is_refused(name: str, run: Run) -> None:
    own = {
        "import_contacts": [person()],
        "import_agreements": [agreement_row()],
        "import_engagements": [engagement_row()],
    }
    for other, rows in own.items():
        if other != name:
            with pytest.raises(CommandError):
                run(csv_text(rows), name=name)
    assert not Organisation.objects.exists() and not Contact.objects.exists()


# Files that nobody here wrote -----------------------------------------------------------------------------------------


@pytest.fixture
def leads(sample_data: Path) -> Path:
    """The contacts that Mautic ships as its demo."""
    path = sample_data / "mautic" / "contacts.csv"
    if not path.is_file():
        pytest.skip("the sample file ../shared/data/mautic/contacts.csv is missing")
    return path


def test_mautics_own_sample_goes_in_whole_and_once(leads: Path, run: Run) -> None:
    assert counts(run(leads)) == {"created": 50, "rejected": 4}  # four visitors without an address
    assert ImportBatch.objects.get().format == "mautic"
    penny = the("PennyKMoore@dayrep.com")
    assert (penny.first_name, penny.last_name, penny.salutation) == ("Penny", "Moore", "Mrs.")
    assert (penny.phone, penny.country.code, penny.postcode) == ("+447070860753", "GB", "GL15 1XD")
    assert (penny.in_marketing, penny.collected_estimated) == (True, True)
    assert penny.affiliations.get().organisation.name == "Williams Bros."
    assert not Contact.objects.filter(country="").exists()
    before = snapshot()
    assert counts(run(leads)) == {"unchanged": 50, "rejected": 4}
    assert differences(before, snapshot()) == {}


def test_somebody_on_the_list_stays_out_of_mautics_sample(leads: Path, run: Run) -> None:
    suppress("pennykmoore@dayrep.com")
    assert counts(run(leads)) == {"created": 49, "suppressed": 1, "rejected": 4}
    assert suppression.is_suppressed("pennykmoore@dayrep.com")


def test_mautics_other_samples_are_refused_as_what_they_are_not(leads: Path, run: Run) -> None:
    for name in ("companies.csv", "page-hits.csv"):
        for command in ("import_contacts", "import_agreements", "import_engagements"):
            with pytest.raises(CommandError):
                run(leads.parent / name, name=command)
    assert not Contact.objects.exists()
