"""The public pages of rights requests (S132, S133, S151; Art. 12(2)): no account, no cookie, no script.

Whoever sends the form gets the same answer, whether we know them or not, and it takes the same time: nobody is looked
for before the answer is out.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation

from config.dates import now
from config.network import address_of
from consent.public import page, public, speaking
from dsar import identity as checks
from dsar import intake
from dsar.forms import RequestForm

TOO_MANY = 429
NO_MATCH = 404


@public
def ask(request: HttpRequest) -> HttpResponse:
    """The form, and taking in what was sent."""
    with speaking(request.GET.get("language", "")):
        language = translation.get_language() or settings.LANGUAGE_CODE
        form = RequestForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            taken = intake.from_form(form.asker(), form.wish(language), now(), network=address_of(request))
            if taken is None:
                return page(request, "dsar/public/too_many.html", status=TOO_MANY)
            return HttpResponseRedirect(f"{reverse('dsar:received')}?language={language}")
        return page(request, "dsar/public/ask.html", {"form": form, "languages": settings.LANGUAGES})


@public
def received(request: HttpRequest) -> HttpResponse:
    """The same page for everybody who sent the form: the reference comes by mail."""
    with speaking(request.GET.get("language", "")):
        return page(request, "dsar/public/received.html")


@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm that the address belongs to whoever asked: a page with one button."""
    found = intake.confirm(token, now()) if request.method == "POST" else intake.find(token)
    if found is None:
        return _nothing(request)
    with speaking(found.language):
        return page(request, "dsar/public/confirm.html", {"case": found, "done": found.confirmed_at is not None})


@public
def identity(request: HttpRequest, token: str) -> HttpResponse:
    """Prove that an address on file is the requester's: a page with one button that works once."""
    at = now()
    sent = request.method == "POST"
    check = checks.pass_link(token, at) if sent else checks.find(token, at)
    if check is None:
        return _nothing(request)
    with speaking(check.request.language):
        return page(request, "dsar/public/identity.html", {"case": check.request, "done": sent})


def _nothing(request: HttpRequest) -> HttpResponse:
    """The page for every link that opens nothing: unknown, used, too old, or of a closed case."""
    context = {"may_refuse": False, "failed": request.method == "POST"}
    return page(request, "consent/public/no_match.html", context, status=NO_MATCH)
