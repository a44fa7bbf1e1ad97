"""The language of the pages: staff read them in that of their account, everybody else in that of their browser."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

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
