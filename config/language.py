"""The language of the pages: staff read them in that of their account, everybody else in that of their browser.

And what a record is called in it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.text import capfirst

GetResponse = Callable[[HttpRequest], HttpResponse]


def account_language(get_response: GetResponse) -> GetResponse:
    """Middleware, after the one that knows the account; an account without a language follows the browser."""

    def answer(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "")
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()
        return get_response(request)

    return answer


def called(record: Model, by: object = None) -> str:
    """What a record without a name of its own is called: its kind in the language of the moment, and its key.

    `by` stands in place of the key where people know the record by something else, such as a reference.
    """
    return f"{capfirst(str(record._meta.verbose_name))} {record.pk if by is None else by}"
