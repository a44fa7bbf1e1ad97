"""Announcements of a policy version: how far one has come, who was told, and who could not be."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import TextFilter, choice_filter
from config.dates import now
from config.models import Actor
from consent import notifications
from consent.admin.policies import send
from consent.models import PolicyNotification, PolicyRecipient
from consent.models.notifications import RecipientState
from contacts.links import AboutContact


def again(request: HttpRequest, batch: PolicyNotification) -> str:
    """Back into the queue with whoever may not have got the message."""
    count = notifications.again(batch, Actor.person(request.user), now())
    send(batch)
    return _("%(count)s people are being told again.") % {"count": count}


@admin.register(PolicyNotification)
class PolicyNotificationAdmin(ActingAdmin, ReadOnlyAdmin):
    """One page for each announcement, with its progress and its result."""

    acts = (
        Act(
            name="again",
            title=gettext_lazy("Send again to the unclear and the refused"),
            permission="consent.add_policynotification",
            template="consent/announce_again.html",
            do=again,
            possible=lambda batch: notifications.stuck(batch, now()).exists(),
            refusal=gettext_lazy("Nobody is left whose message is unclear or was refused."),
            context=lambda batch: {"progress": notifications.progress(batch, now())},
        ),
    )
    change_form_template = "consent/announcement.html"
    list_display = ("version", "created_at", "confirmed_by", "planned", "unreachable", "finished_at")
    sortable_by = ()
    fields = ("version", "created_at", "confirmed_by", "planned", "unreachable", "finished_at")

    @admin.display(description=gettext_lazy("confirmed by"))
    def confirmed_by(self, batch: PolicyNotification) -> str:
        return username(batch.actor_id)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["progress"] = notifications.progress(context["original"], now())
        return super().render_change_form(request, context, *args, **kwargs)


class AnnouncementFilter(TextFilter):
    """People of one announcement, by its version; reached from its page."""

    title = gettext_lazy("version")
    parameter_name = "version"
    hidden = True

    def queryset(self, request: HttpRequest, queryset: QuerySet[PolicyRecipient]) -> QuerySet[PolicyRecipient]:
        return queryset.filter(notification__version=self.value()) if self.value() else queryset


@admin.register(PolicyRecipient)
class PolicyRecipientAdmin(AboutContact, ReadOnlyAdmin):
    """Who is still to be told, or could not be: tell them otherwise, and record the notice on the contact's page."""

    list_display = ("person", "notification", "state", "claimed_at")
    list_display_links = None
    list_filter = (choice_filter("state", RecipientState.choices, gettext_lazy("state")), AnnouncementFilter)
    list_select_related = ("contact", "notification")
    sortable_by = ()
