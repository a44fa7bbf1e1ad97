"""How contacts are found: one search box, and filters that each call the rule they are named after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from config.admin_site.filters import ChoiceFilter, TextFilter, choice_filter
from config.dates import local_date, now
from contacts.identity import email_key
from contacts.models import Affiliation, Collection, Contact
from contacts.personal_data import Register
from retention import due
from retention.bars import Bar, barred

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

Contacts = QuerySet[Contact, Contact]
