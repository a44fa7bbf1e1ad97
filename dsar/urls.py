"""The public pages of rights requests: the form, and the links that prove an address."""

from __future__ import annotations

from django.urls import path

from dsar import views

app_name = "dsar"
urlpatterns = [
    path("requests/", views.ask, name="ask"),
    path("requests/received/", views.received, name="received"),
    path("requests/confirm/<str:token>/", views.confirm, name="confirm"),
    path("requests/identity/<str:token>/", views.identity, name="identity"),
]
