"""The public pages of rights requests: the form, the links that prove an address, and fetching a package."""

from __future__ import annotations

from django.urls import path

from dsar import fetching, views

app_name = "dsar"
urlpatterns = [
    path("requests/", views.ask, name="ask"),
    path("requests/received/", views.received, name="received"),
    path("requests/confirm/<str:token>/", views.confirm, name="confirm"),
    path("requests/identity/<str:token>/", views.identity, name="identity"),
    path("requests/package/code/", fetching.code, name="package_code"),
    path("requests/package/proof/", fetching.proof, name="package_proof"),
    path("requests/package/file/", fetching.file, name="package_file"),
    path("requests/package/<str:token>/", fetching.package, name="package"),
]
