"""The public pages of consent; each is opened by a token and nothing else."""

from __future__ import annotations

from django.urls import path

from consent import views

app_name = "consent"
urlpatterns = [
    path("preferences/confirm/<str:token>/", views.confirm, name="confirm"),
    path("preferences/<str:token>/", views.preferences, name="preferences"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
