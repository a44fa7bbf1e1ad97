"""Stored codes in templates: {{ consent.purpose|purpose_name }}, {{ consent.method|method_name }}."""

from __future__ import annotations

from django import template

from consent import words

register = template.Library()
register.filter("purpose_name", words.purpose_name)
register.filter("channel_name", words.channel_name)
register.filter("method_name", words.method_name)
