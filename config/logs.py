"""Logs carry ids and counts: the token of a public link, which is a key to somebody's preferences, is cut out."""

from __future__ import annotations

import logging
import re

TOKEN = re.compile(r"(/(?:preferences/confirm|preferences|unsubscribe|requests/(?:confirm|identity|package))/)[^/\s]+")


class HideTokens(logging.Filter):
    """Replaces the token in the addresses of public pages, which Django logs when an answer is an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes, without its tokens."""
        text = record.getMessage()
        if (hidden := TOKEN.sub(r"\1...", text)) != text:
            record.msg, record.args = hidden, ()
        return True
