"""The pages of profiling (S53-S59): who seems interested and why, one step out of it, and our own websites."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.bases import Audited, ReadOnlyAdmin
from config.dates import now
from config.models import Actor
from consent import objections
from consent.models import InterestProfile
from consent.models.profiling import PROFILING
from contacts.links import AboutContact


def remove(request: HttpRequest, profile: InterestProfile) -> str:
    """One step out of profiling, on the person's wish (S58)."""
    actor = Actor.person(request.user)
    objections.to_marketing(profile.pk, now(), method="staff", actor=actor, purpose=PROFILING)
    return _("The profile is deleted, and no new one will be made unless the person consents again.")


class InterestProfileAdmin(AboutContact, ActingAdmin, ReadOnlyAdmin):
    """The most interested first: a list to start from, never a decision (S56, Art. 22)."""

    acts = (
        Act(
            name="remove",
            title=gettext_lazy("Remove from profiling"),
            permission="consent.add_objection",
            template="consent/profile_remove.html",
            do=remove,
            possible=lambda profile: True,
            refusal="",
        ),
    )
    list_display = ("person", "score", "activity", "computed_at")
    list_display_links = ("score",)
    ordering = ("-score",)
    sortable_by = ()
    fields = ("person", "score", "activity", "computed_at")

    @admin.display(description=gettext_lazy("because of"))
    def activity(self, profile: InterestProfile) -> str:
        """The inputs of the score, in words."""
        return "; ".join(_("%(what)s on %(host)s: %(count)d, %(points)d points") % one for one in profile.explained)


class OwnHostAdmin(Audited):
    """Our own websites and portals: activity anywhere else is not recorded (S55, S163)."""

    list_display = ("host", "with_subdomains")
    search_fields = ("host",)
