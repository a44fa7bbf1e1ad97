"""Django's admin with our site as its default one."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ObhutAdmin(AdminConfig):
    """The admin, shown by `ObhutSite`."""

    default_site = "config.admin_site.site.ObhutSite"
