"""What Art. 15(1) and (2) ask for besides the copy: section by section, in the language of the answer.

Each section is a heading, sentences, and rows under headers, so that every format shows the same. Sections about one
record are made for each record the person has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.dates import local_date
from consent.models import Assessment, Disclosure, InterestProfile, Purpose
from consent.models.purposes import in_force
from consent.permission import Permission
from consent.profiling import POINTS, RECENT_MONTHS
from consent.reach import reach
from consent.wording import CHANNELS
from contacts.models import Collection, Contact
from dsar.models.decisions import DataCategory
from dsar.package.dealings import look_ups, missing, requests, stops
from dsar.package.sections import Section, Telling, moment
from retention.explain import explain


def sections(telling: Telling) -> list[Section]:
    """Every point of the list, in the order of the article."""
    points: tuple[Callable[[Telling], Section], ...] = (
        purposes,
        categories,
        recipients,
        safeguards,
        keeping,
        rights,
        complaint,
        sources,
        profiling,
        look_ups,
        stops,
        requests,
        missing,
    )
    return [point(telling) for point in points]


def purposes(told: Telling) -> Section:
    """15(1)(a): what the data is used for, on which basis, over which channels, and why not over others."""
    known = {one.code: one for one in Purpose.objects.all()}
    interests = {
        one.basis.purpose.code: one
        for one in Assessment.objects.filter(in_force(told.at)).select_related("basis__purpose").order_by("written_at")
    }
    rows, weighed = [], []
    for contact in told.contacts:
        answers: dict[str, list[tuple[str, Permission]]] = {}
        for purpose, channel, permission in reach(contact.pk, told.at):
            answers.setdefault(purpose, []).append((channel, permission))
        for purpose, permissions in answers.items():
            if (used := [one for _channel, one in permissions if one.ground]) and purpose in known:
                ground = used[0].ground
                rows.append((str(known[purpose]), str(ground.label) if ground else "", _channels(permissions)))
                if purpose in interests and ground == "legitimate_interest":
                    weighed.append(
                        f"{known[purpose]}: {interests[purpose].our_interest} {interests[purpose].balancing}"
                    )
    return Section(
        "purposes",
        "15(1)(a)",
        _("What we use your data for, and on which legal basis"),
        tuple(dict.fromkeys(weighed)),
        (_("Purpose"), _("Legal basis"), _("How")),
        tuple(dict.fromkeys(rows)),
    )


def _channels(permissions: Sequence[tuple[str, Permission]]) -> str:
    """Over which channels the purpose is pursued now, and why not over the others."""
    named = [(str(CHANNELS[channel]) if channel else _("behind the scenes"), one) for channel, one in permissions]
    yes, no = _("yes"), _("no")
    used = [f"{name}: {yes}" for name, one in named if one.allowed]
    stopped = [f"{name}: {no} ({'; '.join(one.reasons)})" for name, one in named if not one.allowed]
    return "\n".join(used + stopped)


def categories(told: Telling) -> Section:
    """15(1)(b): the categories of data, with how many values of each are in the copy."""
    counts: Counter[DataCategory] = Counter()
    for table in told.tables:
        for number, column in enumerate(table.columns):
            counts[column.category] += sum(row[number] not in (None, "", [], {}) for row in table.rows)
    rows = tuple((str(one.label), str(counts[one])) for one in DataCategory if counts[one])
    return Section(
        "categories", "15(1)(b)", _("Categories of data"), (), (_("Category"), _("Values in your copy")), rows
    )


def recipients(told: Telling) -> Section:
    """15(1)(c): who received data, by name (C-154/21), and the kinds of recipients that may."""
    rows = tuple(
        (one.recipient, one.country, moment(one.at), one.purpose, ", ".join(one.fields))
        for one in told.passed_on
        if one.may_tell
    )
    sentences = [
        _("Companies of our group, channel partners as far as the purpose needs it, and processors may receive data."),
        _("A profile is given to no channel partner."),
    ]
    if not rows and told.may_tell(Disclosure):
        sentences.insert(0, _("No disclosure of your data to others is recorded."))
    headers = (_("Recipient"), _("Country"), _("When"), _("What for"), _("Fields"))
    return Section("recipients", "15(1)(c)", _("Who received your data"), tuple(sentences), headers, rows)


def safeguards(told: Telling) -> Section:
    """15(2): what protects data that left the European Economic Area."""
    rows = tuple(
        (one.recipient, one.country, one.safeguard) for one in told.passed_on if one.may_tell and one.third_country
    )
    sentences = [_("Where data goes to a country outside the European Economic Area, it is protected as follows.")]
    if not rows:
        sentences = [_("No transfer of your data to a country outside the European Economic Area is recorded.")]
    if not told.may_tell(Disclosure):
        sentences = []  # that there is none would be a lie
    headers = (_("Recipient"), _("Country"), _("Safeguard, Art. 45 to 49"))
    return Section(
        "safeguards", "15(2)", _("Safeguards of transfers"), tuple(sentences), headers, tuple(dict.fromkeys(rows))
    )


def keeping(told: Telling) -> Section:
    """15(1)(d): until when the data is kept as things stand, and by which rule; a secret hold is not told of."""
    on = local_date(told.at)
    rows: list[tuple[str, ...]] = []
    for contact in told.contacts:
        found = explain(contact, on, to_the_person=True)
        until = date_format(found.kept_until) if found.kept_until else _("no end in sight")
        if found.verdict.clock.register == "none":
            until = _("no register has a reason any more")
        rows.append((contact.reference, until, " ".join(line.text for line in found.lines)))
    title = _("How long we keep your data")
    return Section("retention", "15(1)(d)", title, (), (_("Record"), _("Kept until"), _("By which rule")), tuple(rows))


def rights(told: Telling) -> Section:
    """15(1)(e): what the person may ask for next."""
    return Section(
        "rights",
        "15(1)(e)",
        _("Your further rights"),
        (
            _("You may ask us to correct your data (Art. 16), to erase it (Art. 17) or to restrict its use (Art. 18)."),
            _("You may object to uses that rest on our interests (Art. 21(1)), and to advertising at any time and "
              "without giving reasons (Art. 21(2))."),
            _("You may withdraw a consent at any time (Art. 7(3)), and receive the data you gave us in a "
              "machine-readable form (Art. 20)."),
        ),
    )  # fmt: skip


def complaint(told: Telling) -> Section:
    """15(1)(f): where to complain (S138, S139)."""
    authority = {"authority": told.controller.authority_name, "url": told.controller.authority_url}
    return Section(
        "complaint",
        "15(1)(f)",
        _("Complaint"),
        (
            _("You may complain to a supervisory authority: where you live, where you work, or where you think the law "
              "was broken. In most cases it is %(authority)s (%(url)s).") % authority,
        ),
    )  # fmt: skip


def sources(told: Telling) -> Section:
    """15(1)(g): where each datum came from, and when."""
    people = told.subject.contacts if told.may_tell(Collection) else ()
    found = Collection.objects.filter(contact__in=people).select_related("source")
    names = {one.name: str(one.verbose_name) for one in Contact._meta.local_concrete_fields}
    rows = tuple(
        (
            str(one.source),
            one.source.supplier or str(one.source.get_kind_display()),
            date_format(one.collected_on),
            _("you") if one.supplied_by_subject else _("others"),
            ", ".join(names.get(name, name) for name in one.fields),
        )
        for one in found.order_by("collected_on", "pk")
    )
    headers = (_("Source"), _("Supplier or kind"), _("Collected on"), _("Given by"), _("Fields"))
    return Section("sources", "15(1)(g)", _("Where your data came from"), (), headers, rows)


def profiling(told: Telling) -> Section:
    """15(1)(h): the logic of the interest score, with the inputs of this one (C-203/22); no decision is automatic."""
    people = told.subject.contacts if told.may_tell(InterestProfile) else ()
    profiles = InterestProfile.objects.filter(contact__in=people)
    inputs = [row for profile in profiles for row in profile.explained]
    rows = tuple(
        (str(row["what"]), row["host"], str(row["count"]), row["last_on"], str(row["points"])) for row in inputs
    )
    weights = ", ".join(f"{kind.label}: {points}" for kind, points in POINTS.items())
    sentences = [_("We make no decision about you by automated means alone (Art. 22).")]
    if rows:
        score = {"score": sum(profile.score for profile in profiles), "weights": weights, "months": RECENT_MONTHS}
        sentences += [
            _("With your consent a score is computed from what you do on our own websites; yours is %(score)s. It only "
              "ranks whom our staff call first.") % score,
            _("Points for each act: %(weights)s. What happened in the last %(months)s months counts double.") % score,
        ]  # fmt: skip
    headers = (_("What you did"), _("Website"), _("How often"), _("Last on"), _("Points"))
    return Section("profiling", "15(1)(h)", _("Profiling and automated decisions"), tuple(sentences), headers, rows)
