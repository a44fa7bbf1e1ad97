import pytest
from datetime import *
from consent.intake import batches
from consent import suppression
from consent.models import *
from consent.models.airlock import *
from consent.models.suppression import *
from contacts.models import *
from config.models import Actor, AuditEvent
from config.models.audit import ActorKind
from tests.consent.conftest import *

pytestmark = pytest.mark.django_db


def test_a01_optout_then_plain_same_chunk():
    bring([person(unsubscribed="yes"), person(unsubscribed="")])
    assert not Contact.objects.filter(in_marketing=True).exists()


def test_a02_bounce_customer_then_plain():
    customer()
    bring(
        [
            {
                "Email Address": "anna@example.org",
                "Company": "Acme Oy",
                "CLEAN_TIME": "2026-01-01 10:00:00",
                "UNSUB_TIME": "",
            },
            {"Email Address": "anna@example.org", "Company": "Acme Oy", "CLEAN_TIME": "", "UNSUB_TIME": ""},
        ]
    )
    assert is_there()
    assert not the().in_marketing


def test_a03_dup_same_chunk_collected():
    f = [person(collected_on=""), person(collected_on="2024-01-01")]
    bring(f)
    assert the().collected_on == date(2024, 1, 1) and not the().collected_estimated


def test_a03b():
    f = [person(in_marketing="no"), person(in_marketing="yes")]
    bring(f)
    assert the().in_marketing
    assert_changes_nothing(f)


def test_a04_equal_newer_in_chunk():
    f = [
        person(phone="+358401111111", collected_on="2024-01-01"),
        person(phone="+358401111111", collected_on="2024-06-01"),
        person(phone="+358402222222", collected_on="2024-03-01"),
    ]
    bring(f)
    assert the().phone == "+358401111111"


def test_a04b_subject_confirms():
    f = [
        person(phone="+358401111111", collected_on="2024-01-01"),
        person(phone="+358401111111", collected_on="2024-01-01", supplied_by_subject="yes"),
        person(phone="+358402222222", collected_on="2024-03-01"),
    ]
    bring(f)
    assert the().phone == "+358401111111"


def test_a05_undated_dups_next_day():
    f = [person(phone="+358401111111"), person(phone="+358402222222")]
    bring(f)
    assert_changes_nothing(f)
    assert_changes_nothing(f, NOW + DAY)


def test_a05b_undated_again_after_newer():
    f = [person(phone="+358401111111")]
    bring(f, NOW - 30 * DAY)
    bring([person(phone="+358402222222", collected_on="2026-11-10")], NOW - 10 * DAY)
    assert the().phone == "+358402222222"
    assert_changes_nothing(f)


def test_a06_estimated_moved_forward():
    bring([person()], NOW - 700 * DAY)
    d = the().collected_on
    bring([person(collected_on="2026-11-01")])
    assert the().collected_on == d


def test_a07_refusal_later_lost():
    bring([person(consent_email="no", consent_at="2023-01-01")])
    bring([person(consent_email="yes", consent_at="2024-01-01", consent_text="Yes please")])
    bring([person(consent_email="no", consent_at="2025-01-01")])
    assert consents(the())[-1] == "ConsentRefused"


SF = {
    "Contact ID": "003",
    "Email": "anna@example.org",
    "First Name": "Anna",
    "Last Name": "Virtanen",
    "Phone": "+358401111111",
    "Do Not Call": "1",
    "Email Opt Out": "0",
    "Lead Source": "",
}


def test_a08_phone_optout_attached():
    bring([SF])
    assert len(objections(the())) == 1


def test_a08b_phone_optout_no_email_bad_phone():
    bring([SF | {"Email": "", "Phone": "040 123 / 040 456"}])
    assert len(objections(Contact.objects.get())) == 1


def test_a08c_shared_phone():
    bring([SF, SF | {"Email": "bob@example.org", "First Name": "Bob", "Contact ID": "004"}])
    assert len(objections(the())) == 1
    assert len(objections(the("bob@example.org"))) == 1


def test_a09_external_person_gets_email():
    bring([person(email="", external_id="7", source="crm")])
    bring([person(external_id="7", source="crm")])
    assert Contact.objects.count() == 1


def test_a10_ext_in_chunk():
    bring([person()])
    f = [person(external_id="5", source="crm"), person(email="", external_id="5", source="crm")]
    bring(f)
    assert Contact.objects.count() == 1


def test_a10b_two_ext():
    bring([person(external_id="5", source="crm")])
    bring([person(external_id="9", source="erp", city="Oulu")])
    bring([person(email="", external_id="5", source="crm"), person(email="", external_id="9", source="erp")])
    assert Contact.objects.count() == 1


def test_a11_optout_by_external_id_lists_address():
    bring([person(external_id="5", source="crm")])
    bring([person(email="", external_id="5", source="crm", unsubscribed="yes")])
    assert not the().in_marketing
    assert "anna@example.org" in suppression.find(["anna@example.org"])


def test_a12_suppressed_by_external_id():
    customer()
    suppress("anna@example.org")
    bring([person(external_id="5", source="crm", organisation="Acme Oy")])
    assert not the().in_marketing
    bring([person(email="", external_id="5", source="crm", organisation="Acme Oy")])
    assert not the().in_marketing


def test_a13_clash_with_optout():
    bring([person()])
    r = bring([{"email": "anna@example.org", "first_name": "Heinrich", "last_name": "Schmidt", "unsubscribed": "yes"}])
    assert r.decisions == ["quarantined"]
    assert not the().in_marketing


def test_a14_listed_before_then_customer():
    f = [person(unsubscribed="yes", organisation="Acme Oy")]
    bring(f)
    assert not is_there()
    customer()
    bring(f)
    assert is_there()
    assert_changes_nothing(f)


def test_a15_topics_after_leave():
    customer(ends_on=date(2025, 1, 1))
    f = [person(topics="backup", collected_on="2020-01-01", organisation="Acme Oy", notification_preferences="x")]
    bring(f)
    night(TODAY)
    assert the().in_marketing is False and the().topics == []
    assert_changes_nothing(f, NOW + DAY)


def test_a16_link_after_cust5():
    customer(ends_on=date(2020, 1, 1))
    f = [person(collected_on="2019-01-01", organisation="Acme Oy", notification_preferences="x")]
    bring(f)
    bring_engagements([engagement_row()])
    assert employers(the()) == {"Acme Oy"}
    night(TODAY)
    assert employers(the()) == set()
    assert_changes_nothing(f, NOW + DAY)


def test_a17_engagements_after_leave():
    customer(ends_on=date(2025, 1, 1))
    bring([person(collected_on="2020-01-01", organisation="Acme Oy")])
    f = [engagement_row(occurred_at="2024-03-02T12:00:00+02:00")]
    bring_engagements(f)
    night(TODAY)
    assert Engagement.objects.count() == 0 and not the().in_marketing
    assert_changes_nothing(f, NOW + DAY, kind=ImportKind.ENGAGEMENTS)


def test_a18_engagements_after_expiry():
    from retention.expiry import expire

    bring([person(collected_on="2020-01-01")])
    f = [engagement_row(occurred_at="2024-03-02T12:00:00+02:00"), engagement_row()]
    bring_engagements(f)
    expire(NOW)
    assert Engagement.objects.count() == 1
    assert_changes_nothing(f, kind=ImportKind.ENGAGEMENTS)


def test_a19_external_only_after_purge():
    f = [person(email="", external_id="7", source="crm", collected_on="2020-01-01")]
    bring(f)
    night(TODAY)
    assert Contact.objects.count() == 0
    assert_changes_nothing(f, NOW + DAY)


def test_a20_preview_chunks(chunk_of):
    chunk_of(1)
    f = [person(), person(city="Oulu")]
    p = look(f)
    r = bring(f)
    assert p.counts == r.counts


def test_a21_agreements_conflict():
    f = [agreement_row(reference="R", ends_on="2025-01-01"), agreement_row(reference="R", ends_on="2026-01-01")]
    bring_agreements(f)
    assert_changes_nothing(f, kind=ImportKind.AGREEMENTS)


def test_a22_org_domain_fill():
    Organisation.objects.create(name="Acme Oy")
    f = [
        person(organisation="Acme Oy", organisation_domain="acme.fi"),
        person("bob@example.org", first_name="Bob", organisation="Acme Oy", organisation_domain="acme.fi"),
    ]
    bring(f)
    assert Organisation.objects.count() == 1


def test_a22b():
    f = [
        person(organisation="Acme Oy"),
        person("bob@example.org", organisation="Acme Oy", organisation_domain="acme.fi"),
        person("c@example.org", organisation="Acme Oy", organisation_domain="acme.fi"),
    ]
    bring(f)
    assert_changes_nothing(f)


def test_a23_second_worker(chunk_of):
    chunk_of(1)
    b = received([person(), person("b@example.org"), person("c@example.org")])
    other = ImportBatch.objects.get(pk=b.pk)
    seen = []

    def progress(done, total):
        if done == 1:
            batches.run(other, Actor(ActorKind.IMPORT), NOW)

    batches.run(b, Actor(ActorKind.IMPORT), NOW, progress=progress)
    b.refresh_from_db()
    assert b.state == "done" and b.rows_done == 3, (b.state, b.rows_done, b.problem)


def test_a24_audit_crash(monkeypatch):
    b = received([person()])
    with monkeypatch.context() as m:
        m.setattr(AuditEvent, "record", lambda *a, **k: (_ for _ in ()).throw(MachineDiesError))
        with pytest.raises(MachineDiesError):
            run(b)
    b.refresh_from_db()
    assert b.state != "done"


def test_a25_sample_quotes_name():
    r = look([person(country="Anna Virtanen")])
    assert "Virtanen" not in repr(ImportBatch.objects.values().get())


def test_a26_problem_quotes_name():
    b = run(received("Anna,Virtanen,Oulu\nBob,Smith,Turku\n")).batch
    b.refresh_from_db()
    assert b.state == "failed"
    assert "Virtanen" not in repr(ImportBatch.objects.values().get())


def test_a27_file_name():
    r = bring([person()], name="anna@example.org.csv")
    assert "anna@" not in repr(ImportBatch.objects.values().get())


def test_a28_clash_optout_preserved_external_erased():
    former("anna@example.org", FormerReason.REQUEST, TODAY)
    r = bring([person()])
    assert r.decisions == ["quarantined"]


def test_a29_long_key():
    e = "ä" * 25 + "@" + ".".join(["ä"] * 30) + ".fi"
    r = bring([person(e), person()])
    assert r.decisions[1] == "created"


def test_a30_provenance_tie():
    bring([person(phone="+358401111111", source="a", collected_on="2024-01-01")])
    bring([person(phone="+358402222222", source="b", collected_on="2024-01-01")])
    assert the().phone == "+358401111111"
    bring([person(phone="+358403333333", source="a", collected_on="2024-01-01")])
    assert the().phone == "+358403333333"


def test_a31_rotation_phone(two_keys):
    f = [SF]
    bring(f)
    n = len(objections())
    two_keys()
    bring(f)
    assert len(objections()) == n


def test_a32_rotation_quarantine(two_keys):
    bring([person()])
    f = [{"email": "anna@example.org", "first_name": "Heinrich", "last_name": "Schmidt"}]
    bring(f)
    two_keys()
    bring(f)
    assert QuarantinedRow.objects.count() == 1


def test_a33_ambiguous_external():
    bring([person("a@example.org", external_id="5", source="crm")])
    bring([person("b@example.org", external_id="5", source="crm")])
    r = bring([person("", external_id="5", source="crm", city="Oulu")])
    assert r.decisions == ["quarantined"]


def test_a34_clash_dups_in_chunk():
    bring([person()])
    q = {"email": "anna@example.org", "first_name": "Heinrich", "last_name": "Schmidt"}
    bring([q, q])
    assert QuarantinedRow.objects.count() == 1
