"""Countries, as data protection law groups them."""

from __future__ import annotations

from typing import Final

EEA: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()
)
"""The European Economic Area: the European Union with Iceland, Liechtenstein and Norway."""
