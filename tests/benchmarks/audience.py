"""Audiences: how fast the permission rule streams a whole register, against a plain SELECT of the same columns."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from config.models import Actor
from config.sql import compiled
from consent import audience
from consent.audience import ADDRESSES, NAMES, Selection
from consent.models import Purpose
from consent.models.consents import Channel
from consent.permission import permission_of, permitted, weighed
from contacts.models import Contact
from tests.benchmarks.table import Figure, Table, ms, rate, timed

WISHES = """
INSERT INTO consent_assessment (id, basis_id, our_interest, their_interest, necessity, balancing, written_at, approved_at, review_on)
SELECT gen_random_uuid(), id, '', '', '', '', now(), now(), DATE '2099-01-01' FROM consent_legalbasis
 WHERE basis = 'legitimate_interests';

INSERT INTO consent_notice (contact_id, kind, policy_id, given_at, exemption, reason, method, recorded_at)
SELECT id, 'art14', (SELECT id FROM consent_policyversion LIMIT 1), now(), '', '', '', now()
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS i FROM contacts_contact) c WHERE i %% 10 <> 0;

INSERT INTO consent_consent (id, contact_id, digest, digest_version, purpose, channel, state, occurred_at, recorded_at, text,
                             language, method, evidence, by_subject, token_digest)
SELECT gen_random_uuid(), id, '', 1, CASE k WHEN 0 THEN 'marketing' WHEN 1 THEN 'marketing' ELSE 'know_how' END, 'email',
       CASE WHEN k = 1 AND i %% 6 = 0 THEN 'ConsentWithdrawn' ELSE 'ConsentGiven' END,
       now() - INTERVAL '300 days' + k * INTERVAL '30 days', now() - INTERVAL '300 days' + k * INTERVAL '30 days', '', '', '',
       '', true, ''
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS i FROM contacts_contact) c, generate_series(0, 2) k
 WHERE i %% 3 <> 0 AND (k <> 1 OR i %% 2 = 0);

INSERT INTO consent_objection (id, contact_id, digest, digest_version, ground, purpose, channel, statement, raised_at,
                               recorded_at, method)
SELECT gen_random_uuid(), id, email_digest, 1, CASE WHEN i %% 40 = 0 THEN 'own_situation' ELSE 'marketing' END, '', '', '',
       now() - INTERVAL '100 days', now(), ''
  FROM (SELECT id, email_digest, row_number() OVER (ORDER BY id) AS i FROM contacts_contact) c WHERE i %% 20 = 0;

INSERT INTO consent_suppressionentry (id, identifier, digest, digest_version, purpose, channel, reason, authority, since_at)
SELECT gen_random_uuid(), 'email', email_digest, 1, '', CASE WHEN i %% 40 = 0 THEN 'email' ELSE '' END,
       CASE WHEN i %% 40 = 0 THEN 'hard_bounce' ELSE 'objection' END, 3, now() - INTERVAL '100 days'
  FROM (SELECT email_digest, row_number() OVER (ORDER BY id) AS i FROM contacts_contact) c WHERE i %% 20 IN (0, 1);

ANALYZE;
"""


def fill() -> None:
    """What the data set of the other parts lacks: assessments, notices, consents, objections, suppression entries."""
    with connection.cursor() as cursor:
        for statement in WISHES.replace("%%", "%").split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def run(table: Table, size: int) -> None:
    """On the connected database, which is a copy to spoil."""
    fill()
    at = datetime.now(UTC)
    selection = Selection(Purpose.objects.get(code="marketing"), Channel.EMAIL, title="bench")
    names = (*NAMES, *ADDRESSES[Channel.EMAIL], "language", "country")
    plain = _seconds(lambda: _drain(Contact.objects.order_by().values_list("pk", *names)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    record, file = audience.export(selection, at, actor=Actor.command())
    seconds = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    file.close()
    label = f"audience of {record.included:,} from {size:,}, contacts judged"
    table.add(Figure("C", label, rate(size, seconds), rate(size, plain), plain / seconds, 0.05))
    table.add(Figure("C", "Python memory growth, MB", f"{grown:.1f} MB", "", grown, 30, at_least=False))
    counted = _seconds(lambda: audience.preview(selection, at))
    table.add(Figure("C", "its preview", ms(counted), ms(seconds), counted / seconds, 1, at_least=False))
    page = timed(lambda: [permission_of(row) for row in weighed("marketing", "email", at).order_by("-pk")[:50]])
    plain_page = timed(lambda: list(Contact.objects.order_by("-pk")[:50]))
    table.add(Figure("C", "a page of 50 with ground and bars", ms(page), ms(plain_page), page / plain_page, 30, False))


def explain(purpose: str = "marketing", channel: str = "email") -> str:
    """The plan of `permitted`, for whoever wants to make it faster."""
    sql, params = compiled(permitted(purpose, channel, datetime.now(UTC)).order_by().values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def _drain(rows: QuerySet[Contact, Any]) -> int:
    return sum(1 for _row in rows.iterator(2_000))


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
