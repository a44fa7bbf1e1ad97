import threading
from datetime import *

import pytest
from django.db import connections

from consent.intake import batches
from consent.models import *
from consent.models.airlock import *
from consent.models.suppression import *
from contacts.models import *
from tests.consent.conftest import *

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def together(*works):
    barrier = threading.Barrier(len(works))
    problems = []

    def go(w):
        try:
            barrier.wait(10)
            w()
        except Exception as p:
            problems.append(p)
        finally:
            connections.close_all()

    ts = [threading.Thread(target=go, args=(w,)) for w in works]
    [t.start() for t in ts]
    [t.join(60) for t in ts]
    return problems


@pytest.mark.parametrize("n", [2, 300])
def test_c01(n):
    f = [person(f"p{i}@example.org", organisation=f"Org {i % 7}") for i in range(n)]
    a, b = received(f), received(list(reversed(f)))
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps])
    print(Contact.objects.count(), Organisation.objects.count())
    assert not ps
    assert Contact.objects.count() == n
    assert Organisation.objects.count() == min(n, 7)


def test_c02_optouts_opposite():
    n = 2000
    f = [person(f"p{i}@example.org", unsubscribed="yes") for i in range(n)]
    for k in range(3):
        SuppressionEntry.objects.all().delete()
        a, b = received(f), received(list(reversed(f)))
        ps = together(lambda: run(a), lambda: run(b))
        print([str(p)[:300] for p in ps], Objection.objects.count())
        assert not ps


def test_c03_rotation(two_keys):
    n = 300
    keys = [f"p{i}@example.org" for i in range(n)]
    for k in keys:
        suppress(k)
    two_keys()
    f = [person(k) for k in keys]
    a, b = received(f), received(list(reversed(f)))
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps])
    assert not ps
    assert SuppressionEntry.objects.count() == 2 * n


def test_c04_same_batch_two_workers(chunk_of):
    chunk_of(10)
    b = received([person(f"p{i}@example.org") for i in range(100)])
    x, y = ImportBatch.objects.get(pk=b.pk), ImportBatch.objects.get(pk=b.pk)
    ps = together(lambda: run(x), lambda: run(y))
    b.refresh_from_db()
    print(ps, b.state, b.rows_done, b.problem, Contact.objects.count())
    assert b.state == "done"


def meet(monkeypatch):
    for c in ("obhut", "crm"):
        Source.objects.get_or_create(code=c)
    barrier = threading.Barrier(2)
    real = batches._decide
    seen = threading.local()

    def decide(*a):
        r = real(*a)
        if not getattr(seen, "x", 0):
            seen.x = 1
            try:
                barrier.wait(5)
            except threading.BrokenBarrierError:
                pass
        return r

    monkeypatch.setattr(batches, "_decide", decide)


@pytest.mark.parametrize("n", [2, 300])
def test_d01(n, monkeypatch):
    meet(monkeypatch)
    f = [person(f"p{i}@example.org", organisation=f"Org {i % 7}") for i in range(n)]
    a, b = received(f), received(list(reversed(f)))
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps])
    print(Contact.objects.count(), Organisation.objects.count())
    assert not ps


def test_d02_optouts_opposite(monkeypatch):
    n = 4000
    f = [person(f"p{i}@example.org", unsubscribed="yes") for i in range(n)]
    meet(monkeypatch)
    a, b = received(f), received(list(reversed(f)))
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps], Objection.objects.count())
    assert not ps


def test_d03_external_ids(monkeypatch):
    meet(monkeypatch)
    f = [person("", external_id=str(i), source="crm") for i in range(3)]
    a, b = received(f), received(f)
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps], Contact.objects.count())
    assert Contact.objects.count() == 3


def test_d04_agreements(monkeypatch):
    meet(monkeypatch)
    f = [agreement_row(reference="R")]
    a, b = received(f, kind=ImportKind.AGREEMENTS), received(f, kind=ImportKind.AGREEMENTS)
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps], Organisation.objects.count(), Agreement.objects.count())
    assert Agreement.objects.count() == 1


def test_d05_engagements(monkeypatch):
    bring([person()])
    meet(monkeypatch)
    f = [engagement_row()]
    a, b = received(f, kind=ImportKind.ENGAGEMENTS), received(f, kind=ImportKind.ENGAGEMENTS)
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps], Engagement.objects.count())
    assert not ps and Engagement.objects.count() == 1


def test_d06_optout_vs_plain(monkeypatch):
    meet(monkeypatch)
    a, b = received([person(unsubscribed="yes")]), received([person()])
    ps = together(lambda: run(a), lambda: run(b))
    print([str(p)[:300] for p in ps], Contact.objects.values("in_marketing"))
    assert not Contact.objects.filter(in_marketing=True).exists()
