"""What all pages of the directory have in common: who may open them, the frame of the house, and no copy anywhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from contacts.visibility import SEE, sees_all

View = Callable[..., HttpResponse]


def directory_page(*methods: str) -> Callable[[View], View]:
    """A page for signed-in accounts that may see contacts; no browser and no proxy keeps a copy."""

    def protect(view: View) -> View:
        @require_http_methods(list(methods))
        @login_required
        @permission_required(SEE, raise_exception=True)
        @cache_control(no_store=True, private=True)
        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs)

        return page

    return protect


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page in the frame of the admin, of whose menu the account sees its part."""
    known = {**admin.site.each_context(request), "masked": not sees_all(request.user)}
    return TemplateResponse(request, f"contacts/{template}", {**known, **context}, status=status)
