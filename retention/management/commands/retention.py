"""`manage.py retention`: plan, run, explain, hold, release and verify."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError
from django.db.models import Q
from django.utils.translation import gettext as _

from config.dates import local_date, now
from config.models import Actor
from contacts.formats.cells import escaped
from contacts.identity import email_key
from contacts.merged import leading_from
from contacts.models import Contact
from contacts.personal_data import Register
from retention import attention, bars, holding, journal, plan, purge, residue
from retention.explain import explain
from retention.models.runs import RunState, RunTrigger

WAITS = 3
"""Exit status of a run that waits for approval: nothing was deleted."""


def day(text: str) -> date:
    """A day as YYYY-MM-DD, for argparse."""
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(_("write the day as YYYY-MM-DD, not %(text)s") % {"text": text}) from problem


class Command(BaseCommand):
    """The operator's command line for deletion on time."""

    help = "Plan, run, explain and prove the deletion that the policy promises (S95-S97)."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
        planning = commands.add_parser("plan", help="who is due and why, who is blocked and by what; writes nothing")
        planning.add_argument("--format", choices=["table", "json", "csv"], default="table")
        planning.add_argument("--list", action="store_true", help="one object for each contact, too")
        running = commands.add_parser("run", help="erase whoever is due, and print the run as JSON")
        running.add_argument(
            "--approve", action="store_true", help="overrule the circuit breaker; recorded as break-glass"
        )
        for one in (planning, running):
            one.add_argument("--on", type=day, default=None, help="the day to judge by, today if left out")
            one.add_argument("--rule", choices=[str(register) for register in Register])
        explaining = commands.add_parser("explain", help="why this contact is still here, and until when")
        explaining.add_argument("--on", type=day, default=None)
        holding_ = commands.add_parser("hold", help="put a legal hold on a contact")
        holding_.add_argument("--matter", required=True)
        holding_.add_argument("--until", type=day, required=True)
        holding_.add_argument("--owner", default="", help="who answers for the matter, if not whoever places the hold")
        releasing = commands.add_parser("release", help="release every legal hold of a contact")
        for one in (explaining, holding_, releasing):
            one.add_argument("contact", metavar="EMAIL-OR-ID")
        commands.add_parser("verify", help="check the journal, and scan for traces of erased persons")

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        getattr(self, f"do_{options['command']}")(at, options)

    # plan -----------------------------------------------------------------------------------------------------------

    def do_plan(self, at: datetime, options: dict[str, Any]) -> None:
        on, rule = options["on"] or local_date(at), _rule(options)
        if options["format"] == "csv":
            return self._plan_csv(on, rule)
        planned = plan.make(on, rule)
        if options["format"] == "json":
            listed = {"contacts": list(plan.rows(on, rule))} if options["list"] else {}
            return self.stdout.write(json.dumps(planned.as_json() | listed, indent=2))
        self.stdout.write(_("On %(day)s:") % {"day": on})
        due, kept = _("due"), _("blocked")
        for name, blocked in planned.blocked.items():
            names = ", ".join(f"{bar} {count}" for bar, count in sorted(blocked.items())) or "-"
            self.stdout.write(f"  {name:<10} {due} {planned.due[name]:>7}   {kept} {names}")
        self.stdout.write(_("Persons who would be erased: %(count)s") % {"count": planned.erase})
        both = _(
            "By the stricter reading of S95, where one of the two silences is enough: "
            "marketing due %(due)s, erased %(erase)s"
        )
        self.stdout.write(both % planned.as_json()["stricter_reading"])
        if options["list"]:
            for row in plan.rows(on, rule):
                self.stdout.write("  ".join(str(row[name] or "-") for name in ("contact", "rule", "due_on", "outcome")))
        return None

    def _plan_csv(self, on: date, rule: Register | None) -> None:
        columns = ("contact", "email", "rule", "anchor_on", "due_on", "outcome", "bars")
        writer = csv.DictWriter(self.stdout, columns, lineterminator="\n")
        writer.writeheader()
        for row in plan.rows(on, rule):
            writer.writerow(row | {"email": escaped(row["email"]), "bars": " ".join(row["bars"])})

    # run ------------------------------------------------------------------------------------------------------------

    def do_run(self, at: datetime, options: dict[str, Any]) -> None:
        started, actor, on = time.monotonic(), Actor.command(), options["on"] or local_date(at)
        try:
            run = purge.begin(on, RunTrigger.COMMAND, actor, at, rule=_rule(options), approve=options["approve"])
        except IntegrityError as problem:
            raise CommandError(
                _(
                    "Another run began, or somebody was erased, while this one was planned. Nothing was changed. "
                    "Start the command again."
                )
            ) from problem
        if run.state == RunState.RUNNING:
            purge.carry_out(run, actor, at, progress=self._progress)
        answer = {
            "run": str(run.pk),
            "on": run.on_date.isoformat(),
            "state": run.state,
            "erased": run.erased,
            "left_register": run.left_register,
            "blocked": run.blocked,
            "failed": run.failed,
            **{name: run.planned.get(name, 0) for name in attention.REPORTED},
            "seconds": round(time.monotonic() - started, 2),
        }
        self.stdout.write(json.dumps(answer))
        if run.state == RunState.WAITING:
            hint = _("Nothing was deleted. Check `retention plan`, then approve the run in the admin or use --approve.")
            raise CommandError(f"{run.concern} {hint}", returncode=WAITS)

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done}/{total} ", ending="\n" if done == total else "")

    # explain, hold, release -----------------------------------------------------------------------------------------

    def do_explain(self, at: datetime, options: dict[str, Any]) -> None:
        contact = _contact(options["contact"])
        answer = explain(contact, options["on"] or local_date(at))
        self.stdout.write(f"{contact.reference}, {answer.on}")
        for line in answer.lines:
            self.stdout.write(f"  {line.text} ({line.clause})")
        self.stdout.write(answer.outcome_text)
        self.stdout.write(answer.change_text)

    def do_hold(self, at: datetime, options: dict[str, Any]) -> None:
        contact = _contact(options["contact"])
        try:
            holding.place(contact, options["matter"], options["until"], Actor.command(), at, owner=options["owner"])
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        self.stdout.write(
            _("%(contact)s is held until %(until)s.") % {"contact": contact.reference, "until": options["until"]}
        )

    def do_release(self, at: datetime, options: dict[str, Any]) -> None:
        contact = _contact(options["contact"])
        holds = list(bars.active_holds(local_date(at)).filter(contact=contact, kind="legal"))
        if not holds:
            raise CommandError(_("%(contact)s has no legal hold.") % {"contact": contact.reference})
        for hold in holds:
            holding.release(hold, Actor.command(), at)
        self.stdout.write(
            _("%(contact)s: %(count)s holds released. The next run decides anew.")
            % {"contact": contact.reference, "count": len(holds)}
        )

    # verify ---------------------------------------------------------------------------------------------------------

    def do_verify(self, at: datetime, options: dict[str, Any]) -> None:
        journal.write(at)
        findings = [f"{problem.place}: {problem.what}" for problem in journal.verify(local_date(at))]
        findings += [f"{trace.place}: {trace.reference}" for trace in residue.scan()]
        for finding in findings:
            self.stdout.write(finding)
        if findings:
            raise CommandError(_("%(count)s places need attention.") % {"count": len(findings)})
        self.stdout.write(_("The journal is whole, and nothing points to an erased person."))


def _rule(options: dict[str, Any]) -> Register | None:
    return Register(options["rule"]) if options["rule"] else None


def _contact(text: str) -> Contact:
    """The contact with this address, id or reference.

    Raises CommandError saying that there is none.
    """
    try:
        lookup = {"email_key": email_key(text)} if "@" in text else {"pk": UUID(text)}
    except ValueError:
        lookup = {"reference": text.strip().upper()}
    former = {"former_id" if key == "pk" else key: value for key, value in lookup.items()}
    found = Contact.objects.filter(**lookup).first()
    found = found or Contact.objects.filter(pk__in=leading_from(Q(**former))).first()
    if found is None:
        raise CommandError(_("No contact has this address, id or reference."))
    return found
