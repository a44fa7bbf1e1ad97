"""The directory's pages. A name says what a page is about and how, which the read log notes."""

from __future__ import annotations

from django.urls import path

from contacts.views import organisations, people

app_name = "directory"
urlpatterns = [
    path("", people.people, name="contacts_contact_list"),
    path("<uuid:pk>/", people.person, name="contacts_contact_page"),
    path("<uuid:pk>/reveal/", people.revealed, name="contacts_contact_reveal"),
    path("organisations/<uuid:pk>/", organisations.organisation, name="contacts_organisation_page"),
]
