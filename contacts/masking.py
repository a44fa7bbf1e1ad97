"""What sales see of an address or a number: enough to recognise it, too little to use it (R16)."""

from __future__ import annotations

HIDDEN = "•••"
LAST_DIGITS = 3


def masked_email(address: str) -> str:
    """The first letter and the domain: a***@example.com; "" for none."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if at else HIDDEN * bool(address)


def masked_phone(number: str) -> str:
    """The last three digits; nothing of a number so short that they would be half of it, "" for none."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return f"{HIDDEN} {digits[-LAST_DIGITS:]}" if len(digits) > 2 * LAST_DIGITS else HIDDEN * bool(number)


def masked_text(text: str) -> str:
    """Nothing but that there is something; "" for none."""
    return HIDDEN * bool(text)
