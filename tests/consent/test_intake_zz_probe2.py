import pytest
from datetime import *
from consent.intake import batches, quarantine
from consent import suppression
from consent.models import *
from consent.models.airlock import *
from consent.models.suppression import *
from contacts.models import *
from config.models import Actor, AuditEvent
from config.models.audit import ActorKind
from django.core.management import call_command, CommandError
from django.conf import settings
from tests.consent.conftest import *
from tests.contacts.files import text_file

pytestmark = pytest.mark.django_db


def test_b01_source_long(tmp_path):
    p = text_file(tmp_path, csv_text([person()]))
    call_command("import_contacts", p, "--source", "x" * 60)


def test_b02_latin1_name(tmp_path):
    import os

    p = os.path.join(os.fsencode(tmp_path), b"caf\xe9.csv")
    open(p, "wb").write(csv_text([person()]).encode())
    call_command("import_contacts", os.fsdecode(p))


def test_b03_report_unwritable(tmp_path):
    p = text_file(tmp_path, csv_text([person()]))
    with pytest.raises(CommandError):
        call_command("import_contacts", p, "--report", tmp_path / "no" / "r.csv")


def test_b04_missing_file_leaves_nothing(tmp_path):
    with pytest.raises(CommandError):
        call_command("import_contacts", tmp_path / "nix.csv")
    assert not ImportBatch.objects.exists()
    assert list(settings.UPLOAD_DIR.glob("*")) == []


def test_b05_admitted_row_when_gone():
    bring([person()])
    bring([{"email": "anna@example.org", "first_name": "Heinrich", "last_name": "Schmidt"}])
    w = QuarantinedRow.objects.get()
    quarantine.admit(w, Actor.task(), NOW)
    assert the().last_name
    assert not QuarantinedRow.objects.exists()


def test_b06_agreement_updated_at():
    bring_agreements([agreement_row(reference="R")], NOW - DAY)
    a = Agreement.objects.get()
    bring_agreements([agreement_row(reference="R", ends_on="2027-01-01")])
    b = Agreement.objects.get()
    assert b.ends_on and b.updated_at > a.updated_at


def test_b07_org_updated_at():
    bring([person(organisation="Acme")], NOW - DAY)
    a = Organisation.objects.get()
    bring([person(organisation="Acme", industry="IT")])
    assert Organisation.objects.get().updated_at > a.updated_at


def test_b08_quarantine_survives_erasure_after_rotation(two_keys):
    bring([person(collected_on="2020-01-01")])
    two_keys()
    bring([{"email": "anna@example.org", "first_name": "Heinrich", "last_name": "Schmidt"}])
    night(TODAY)
    assert not is_there()
    assert not QuarantinedRow.objects.exists()


def test_b09_affil_dates():
    f = [
        person(organisation="Acme", affiliated_until="2024-01-01", collected_on="2023-01-01"),
        person(organisation="Acme", affiliated_until="2025-01-01", collected_on="2023-01-01"),
    ]
    bring(f)
    assert_changes_nothing(f)


def test_b10_affil_from_after_until():
    bring([person(organisation="Acme", affiliated_until="2024-01-01")])
    r = bring([person(organisation="Acme", affiliated_from="2025-01-01")])
    print(r.outcomes)


def test_b11_affil_inchunk_bad():
    r = bring(
        [
            person(organisation="Acme", affiliated_until="2024-01-01"),
            person(organisation="Acme", affiliated_from="2025-01-01"),
            person("b@example.org"),
        ]
    )


def test_b12_rejected_bits():
    r = bring([person(collected_on="2027-01-01"), person("nope")])
    assert r.decisions == ["rejected"] * 2
    print(r.outcomes)


def test_b13_purge_by_marketing_then_returns():
    customer(ends_on=date(2025, 1, 1))
    bring([person(collected_on="2020-01-01", organisation="Acme Oy")])
    night(TODAY)
    assert not the().in_marketing
    r = bring([person(collected_on="2026-11-23", organisation="Acme Oy")], NOW + DAY)
    assert not the().in_marketing
    r = bring([person(collected_on="2026-11-24", organisation="Acme Oy")], NOW + DAY)
    assert the().in_marketing and the().returned_on == date(2026, 11, 24) and the().collected_on == date(2020, 1, 1)


def test_b14_returned_then_file_again_newer():
    pass


def test_b15_same_file_after_return():
    customer(ends_on=date(2025, 1, 1))
    f = [
        person(collected_on="2020-01-01", organisation="Acme Oy"),
        person(collected_on="2026-11-24", organisation="Acme Oy"),
    ]
    bring(f[:1])
    night(TODAY)
    bring(f, NOW + DAY)
    assert_changes_nothing(f, NOW + DAY)


def test_b16_unconsented_customer():
    r = bring([person(in_marketing="no", consent_email="yes", consent_at="2025-01-01", consent_text="ok")])
    assert consents(the()) == ["ConsentGiven"]


def test_b17_crlf_names():
    r = bring(
        'email,first_name,last_name\na@example.org,"=1+1",x\nb@example.org,"\'=1+1",x\nc@example.org,"+A","@b"\nd@example.org,-A,"\'+x"\n'
    )
    print(r.outcomes, list(Contact.objects.values_list("first_name", "last_name")))


def test_b18_consent_unknown_state():
    bring([person(consent_email="yes")])
    assert consents(the()) == ["ConsentUnknown"]
    bring([person(consent_email="yes", consent_at="2025-01-01")])
    bring([person(consent_email="yes", consent_text="x")])
    assert consents(the()) == ["ConsentUnknown"]


def test_b19_restricted_optout():
    bring([person()])
    restrict(the())
    before = snapshot()
    r = bring([person(phone="+358401111111", city="Oulu", unsubscribed="yes", organisation="New")])
    print(r.decisions, differences(before, snapshot()).keys())


def test_b20_future_left_out():
    bring([person(in_marketing="no")])
    print(the().in_marketing, the().collected_on)
    night(TODAY)
    print(Contact.objects.count())


def test_b21_crash_mid(monkeypatch, chunk_of):
    chunk_of(2)
    f = [person(f"p{i}@example.org") for i in range(6)]
    b = received(f)
    with crashing_in_chunk(2, monkeypatch):
        with pytest.raises(MachineDiesError):
            run(b)
    assert Contact.objects.count() == 2
    b = ImportBatch.objects.get(pk=b.pk)
    r = run(b)
    assert Contact.objects.count() == 6
    assert b.counts == {"created": 6}


def test_b22_tidy_takes_up(monkeypatch, chunk_of):
    from consent import tasks

    chunk_of(2)
    f = [person(f"p{i}@example.org") for i in range(6)]
    b = received(f)
    with crashing_in_chunk(2, monkeypatch):
        with pytest.raises(MachineDiesError):
            run(b)
    tasks.run(str(b.pk))
    assert Contact.objects.count() == 6


def test_b23_retention_sees_batch(chunk_of):
    # undated -> collected estimated; same day file
    f = [person(consent_email="yes", consent_at="2024-05-05", consent_text="t")]
    bring(f)
    c = the()
    print(c.collected_on, c.collected_estimated, c.last_engaged_on)
    assert c.collected_on == date(2024, 5, 5) and c.collected_estimated
    assert_changes_nothing(f)
    assert_changes_nothing(f, NOW + DAY)


def test_b24_e4_later_consent_does_not_lower_not_estimated():
    bring([person(collected_on="2025-01-01")])
    bring([person(consent_email="yes", consent_at="2024-05-05", consent_text="t")])
    print(the().collected_on)


def test_b25_e4_rejected_engagement():
    bring([person()])
    bring_engagements([engagement_row(kind="open", occurred_at="2024-03-02T12:00:00+02:00")])
    c = the()
    assert (c.collected_on, c.collected_estimated, c.last_engaged_on) == (date(2024, 3, 2), True, None)


def test_b26_undated_known_again():
    bring([person()], NOW - 10 * DAY)
    r = bring([person()])
    assert r.decisions == ["unchanged"]


def test_b27_mautic_dnc():
    for v in ("1", "unsubscribed", "manual", "3"):
        r = bring([{"email": f"x{v}@example.org", "firstname": "A", "lastname": "B", "dnc": v, "points": "1"}])
        assert r.decisions == ["suppressed"], v
        assert suppression.is_suppressed(f"x{v}@example.org")


def test_b28_empty():
    r = bring("email,first_name,last_name\n")
    assert r.decisions == []


def test_b29_quarantine_ext():
    bring([person("", external_id="5", source="crm")])
    f = [{"external_id": "5", "source": "crm", "first_name": "Heinrich", "last_name": "Schmidt"}]
    assert bring(f).decisions == ["quarantined"]
    assert_changes_nothing(f)


def test_b30_domain():
    suppression.add("example.org", SuppressionReason.STAFF, Authority.STAFF, NOW, identifier=Identifier.DOMAIN)
    assert bring([person()]).decisions == ["suppressed"]


def test_b31_supplier_change():
    f = [person(source="a", source_supplier="S1"), person("b@example.org", source="a", source_supplier="S2")]
    bring(f)
    print(Source.objects.values())
    assert_changes_nothing(f)
