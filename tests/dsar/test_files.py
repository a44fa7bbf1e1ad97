"""Files of a case: small, of known types, encrypted, and gone with their key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from dsar import attachments, forgetting
from dsar.models import Attachment, CaseEvent
from dsar.models.requests import Right
from tests.dsar.conftest import NOW, clerk, entered

pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.7 Anna Virtanen"


def test_a_file_lies_encrypted_and_reads_back() -> None:
    request = entered(Right.ACCESS)
    kept = attachments.add(request, "C:\\letters\\anna.pdf", PDF, NOW, clerk())
    assert (kept.name, kept.content_type, kept.size) == ("anna.pdf", "application/pdf", len(PDF))
    assert b"Virtanen" not in (settings.UPLOAD_DIR / kept.path).read_bytes()
    assert attachments.read(kept) == PDF
    assert CaseEvent.objects.filter(kind="file", subject="added").exists()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("run.exe", b"MZ", "one of these types"),
        ("letter.pdf", b"MZ not a pdf", "not what its ending says"),
        ("note.txt", b"a\0b", "not what its ending says"),
        ("empty.pdf", b"", "empty"),
        ("big.pdf", b"%PDF-" + b"x" * attachments.MAX_BYTES, "larger than 10 MB"),
    ],
)
def test_what_is_refused(name: str, content: bytes, why: str) -> None:
    request = entered(Right.ACCESS)
    with pytest.raises(ValueError, match=why):
        attachments.add(request, name, content, NOW, clerk())
    assert not Attachment.objects.exists()


def test_the_largest_file_is_taken_and_the_twenty_first_is_not() -> None:
    request = entered(Right.ACCESS)
    attachments.add(request, "big.pdf", b"%PDF-".ljust(attachments.MAX_BYTES, b"x"), NOW, clerk())
    for number in range(attachments.MOST - 1):
        attachments.add(request, f"{number}.txt", b"x", NOW, clerk())
    with pytest.raises(ValueError, match="at most 20 files"):
        attachments.add(request, "one.txt", b"x", NOW, clerk())


def test_a_changed_file_does_not_open() -> None:
    kept = attachments.add(entered(Right.ACCESS), "a.pdf", PDF, NOW, clerk())
    path = settings.UPLOAD_DIR / kept.path
    *most, last = path.read_bytes()
    path.write_bytes(bytes([*most, last ^ 1]))
    with pytest.raises(ValueError, match="cannot be opened"):
        attachments.read(kept)


def test_forgetting_the_person_destroys_the_files() -> None:
    request = entered(Right.ACCESS)
    kept = attachments.add(request, "a.pdf", PDF, NOW, clerk())
    forgetting.forget(request, NOW, clerk())
    with pytest.raises(ValueError, match="cannot be opened"):
        attachments.read(Attachment.objects.get(pk=kept.pk))
    attachments.tidy(NOW)
    assert not (settings.UPLOAD_DIR / kept.path).exists()


def test_a_file_that_no_case_knows_goes_after_an_hour() -> None:
    kept = attachments.add(entered(Right.ACCESS), "a.pdf", PDF, NOW, clerk())
    path = settings.UPLOAD_DIR / kept.path
    Attachment.objects.all().delete()
    written = path.stat().st_mtime
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(written, UTC)
    assert (attachments.tidy(at + timedelta(minutes=59)), path.exists()) == (0, True)
    assert (attachments.tidy(at + timedelta(minutes=61)), path.exists()) == (1, False)
