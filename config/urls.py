"""Routes; views are named by dotted string, because the ground floor imports no other app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="root"),
    path("admin/", admin.site.urls),
    path("account/", include("config.sign_in.urls")),
    path("contacts/", include("contacts.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("consent.urls")),
    path("", include("dsar.urls")),
]
