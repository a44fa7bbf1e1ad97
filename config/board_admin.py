"""The pages of the promise board: its part of the home page, the list of all clauses, and each with its evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from config import board
from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import choice_filter
from config.dates import now
from config.models import Actor, PromiseState
from config.panels import Panel, panel
from config.policy.controls import LABELS, State, titles_of

SEE: Final = "config.view_promisestate"
MOST_SHOWN: Final = 6
TAGS: Final = {State.KEPT: "done", State.AT_RISK: "bar", State.BROKEN: "failed", State.NO_CONTROL: "failed"}


@panel(order=5)
def promises(request: HttpRequest) -> Panel | None:
    """How many clauses stand how, and those that are not kept, the worst first."""
    if not request.user.has_perm(SEE):
        return None
    rows = list(PromiseState.objects.all())
    count = Counter(State(row.state) for row in rows)
    checked_at = max((row.checked_at for row in rows), default=None)
    stale = board.is_stale(checked_at, now())
    found = _not_kept(rows)
    context = {
        "checked_at": checked_at,
        "stale": stale,
        "kept": count[State.KEPT],
        "all": len(rows),
        "counts": [(count[one], LABELS[one], TAGS[one]) for one in State if count[one]],
        "groups": [(some, TAGS[State(some[0].state)]) for some in found[:MOST_SHOWN]],
        "more": sum(map(len, found[MOST_SHOWN:])),
    }
    alarm = stale or bool(count[State.BROKEN] + count[State.NO_CONTROL])
    return Panel(gettext_lazy("Promises of the policy"), "panels/promises.html", context, alert=alarm)


def _not_kept(rows: list[PromiseState]) -> list[list[PromiseState]]:
    """The clauses that are not kept, the worst first; those of which the same is said stand together."""
    groups: dict[tuple[bool, str], list[PromiseState]] = defaultdict(list)
    for row in rows:
        if row.state != State.KEPT:
            groups[row.state == State.AT_RISK, row.words].append(row)
    return [groups[key] for key in sorted(groups, key=lambda key: key[0])]


@admin.register(PromiseState)
class PromiseAdmin(ReadOnlyAdmin):
    """Every clause that a program can act on: who keeps it, how it stands, and the rows that show it."""

    list_display = ("clause", "published_text", "state_shown", "words", "since_at")
    list_filter = (choice_filter("state", list(LABELS.items()), gettext_lazy("state")),)
    list_per_page = 200
    sortable_by = ()
    fields = ("clause", "section", "quote", "state_shown", "controls", "words", "rows", "since_at", "checked_at")

    def get_urls(self) -> list[URLPattern]:
        """Looking now, besides the list."""
        view = self.admin_site.admin_view(require_POST(self.check_view))
        return [path("check/", view, name="config_promisestate_check"), *super().get_urls()]

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Look at every promise at this moment."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        count = board.check(now(), Actor.person(request.user))
        text = _("Looked at every clause: %(kept)s of %(all)s are kept.")
        self.message_user(request, text % {"kept": count[State.KEPT], "all": sum(count.values())})
        return HttpResponseRedirect(reverse("admin:config_promisestate_changelist"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with when it was looked at."""
        checked_at = board.last_checked()
        own = {"checked_at": checked_at, "stale": board.is_stale(checked_at, now())}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    @admin.display(description=gettext_lazy("the policy says"))
    def published_text(self, row: PromiseState) -> SafeString:
        """The clause in its published German, and what keeps it."""
        clause = row.published
        return format_html(
            '<span lang="de">{}</span><span class="second">{}</span>', clause.quote, titles_of(row.clause)
        )

    @admin.display(description=gettext_lazy("state"))
    def state_shown(self, row: PromiseState) -> SafeString:
        """As a tag; what nobody has looked at for too long is not known to be kept."""
        if board.is_stale(row.checked_at, now()):
            return format_html('<span class="tag tag-failed">{}</span>', _("not known any more"))
        state = State(row.state)
        return format_html('<span class="tag tag-{}">{}</span>', TAGS[state], state.label)

    @admin.display(description=gettext_lazy("evidence"))
    def words(self, row: PromiseState) -> str:
        """What the controls said, in the language of the reader."""
        return row.words

    @admin.display(description=gettext_lazy("section"))
    def section(self, row: PromiseState) -> SafeString:
        """The heading that the clause stands under."""
        return format_html('<span lang="de">{}</span>', row.published.section)

    @admin.display(description=gettext_lazy("the policy says"))
    def quote(self, row: PromiseState) -> SafeString:
        """The clause in its published German."""
        return format_html('<span lang="de">{}</span>', row.published.quote)

    @admin.display(description=gettext_lazy("controls"))
    def controls(self, row: PromiseState) -> str:
        """What keeps the clause."""
        return titles_of(row.clause)

    @admin.display(description=gettext_lazy("what shows it"))
    def rows(self, row: PromiseState) -> SafeString | str:
        """The page with the records behind the evidence."""
        return format_html('<a href="{}">{}</a>', row.url, _("Show these records")) if row.url else "–"
