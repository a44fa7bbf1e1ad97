"""No deadline is missed unseen (R27): staff are reminded once each, and a person who never answers is, too."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.utils.formats import date_format

from config.models import User
from dsar import reminders, tasks, waiting
from dsar.models import Message, Pause, Reminder, RightsRequest
from dsar.models.requests import Right, Status
from tests.dsar.conftest import DAY, HOUR, NOW, confirm, entered, fresh, move, officer, person, work

pytestmark = pytest.mark.django_db(transaction=True)


def subjects() -> list[str]:
    return [str(one.subject) for one in mail.outbox if "Rights requests" in one.subject]


def waiting_case() -> RightsRequest:
    request = entered(Right.ACCESS)  # received on 23 November, due on 23 December
    work()
    mail.outbox.clear()
    return request


@pytest.mark.parametrize(
    ("days", "kinds"),
    [(22, []), (23, ["week"]), (27, ["week"]), (28, ["days"]), (30, ["days"]), (31, ["overdue"])],
)
def test_which_reminder_leaves_on_which_day(days: int, kinds: list[str]) -> None:
    waiting_case()
    reminders.remind(NOW + days * DAY)
    assert list(Reminder.objects.values_list("kind", flat=True)) == kinds
    assert len(subjects()) == len(kinds)


def test_each_reminder_leaves_exactly_once_however_often_somebody_looks() -> None:
    waiting_case()
    for hour in range(40 * 24):
        if hour % 6 == 0:
            reminders.remind(NOW + hour * HOUR)
    assert list(Reminder.objects.values_list("kind", flat=True)) == ["week", "days", "overdue"]
    assert len(subjects()) == 3


def test_a_reminder_names_the_case_and_nobody() -> None:
    request = waiting_case()
    officer()
    User.objects.update(email="officer@f.example")
    reminders.remind(NOW + 25 * DAY)
    text = mail.outbox[0]
    assert set(text.to) == {"officer@f.example"}
    assert request.reference in str(text.body)
    assert "Anna" not in str(text.body) and "anna@" not in str(text.body)


def test_without_any_address_of_staff_the_privacy_mailbox_is_reminded() -> None:
    waiting_case()
    User.objects.update(email="")
    reminders.remind(NOW + 25 * DAY)
    assert mail.outbox[0].to == ["privacy-office@f-secure.com"]


def test_a_mail_server_that_was_away_is_tried_again_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting_case()

    def away(*_args: Any, **_kwargs: Any) -> int:
        raise SMTPException("anna@example.org")

    at = NOW + 25 * DAY
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", away)
        assert reminders.remind(at) == 0
    assert reminders.remind(at + 30 * HOUR / 60) == 0
    assert reminders.remind(at + 2 * HOUR) == 1
    assert Reminder.objects.get().sent_at == at + 2 * HOUR


def test_a_case_whose_clock_stands_or_which_is_closed_is_left_alone() -> None:
    person()
    paused, closed = entered(Right.ACCESS), entered(Right.ACCESS)
    move(paused, Status.AWAITING_IDENTITY, note="A private address.")
    move(closed, Status.WITHDRAWN, note="Called.")
    assert reminders.remind(NOW + 60 * DAY) == 0


def test_another_last_day_brings_another_reminder() -> None:
    request = waiting_case()
    reminders.remind(NOW + 25 * DAY)
    RightsRequest.objects.filter(pk=request.pk).update(extended_at=NOW)
    reminders.remind(NOW + 26 * DAY)
    reminders.remind(NOW + 86 * DAY)
    assert list(Reminder.objects.values_list("kind", "due_on")) == [
        ("week", (NOW + 30 * DAY).date()),
        ("week", (NOW + 92 * DAY).date()),
    ]


# The person ---------------------------------------------------------------------------------------------------------------


def asked() -> RightsRequest:
    person()
    request = entered(Right.ACCESS)
    confirm(request)
    move(request, Status.AWAITING_IDENTITY, note="A private address.")
    work()
    return request


def test_somebody_silent_is_reminded_once_and_after_ninety_days_the_case_lapses() -> None:
    request = asked()
    assert waiting.tidy(NOW + 30 * DAY) == (0, 0)
    assert waiting.tidy(NOW + 31 * DAY) == (1, 0)
    assert waiting.tidy(NOW + 32 * DAY) == (0, 0)
    assert waiting.tidy(NOW + 90 * DAY) == (0, 0)
    assert fresh(request).status == Status.AWAITING_IDENTITY
    assert waiting.tidy(NOW + 91 * DAY) == (0, 1)
    assert fresh(request).status == Status.LAPSED
    letters = Message.objects.filter(request=request, kind__in=("reminder", "closing"))
    assert letters.count() == 2
    assert "A private address." not in " ".join(letters.values_list("body", flat=True))


def test_a_reminder_that_goes_out_late_leaves_thirty_days() -> None:
    """The machine was off: the day of the reminder counts, and the letter names the day."""
    request = asked()
    late = NOW + 85 * DAY
    assert waiting.tidy(late) == (1, 0)
    last = (late + 30 * DAY).date()
    assert date_format(last) in Message.objects.get(request=request, kind="reminder").body
    assert waiting.tidy(late + 30 * DAY) == (0, 0)
    assert waiting.tidy(late + 31 * DAY) == (0, 1)


def test_no_case_lapses_without_the_reminder() -> None:
    request = asked()
    Pause.objects.update(reminded_at=None)
    from dsar.workflow import NotAllowedError

    with pytest.raises(NotAllowedError, match="Remind"):
        move(request, Status.LAPSED, NOW + 200 * DAY)


def test_the_tick_takes_up_what_a_lost_message_left(monkeypatch: pytest.MonkeyPatch) -> None:
    person()
    request = entered(Right.ACCESS)
    from tests.consent.pages import messages_sent

    messages_sent()  # the broker lost them
    tasks.tick()
    work()
    assert Message.objects.get(request=request, kind="receipt").state == "sent"
