"""What a cell says: cleaned, limited in length, and read as a word, an address or a list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress

from django.utils.translation import gettext as _

from contacts.formats.problems import CellProblem, LeftOut
from contacts.formats.rows import LIMITS
from contacts.identity import clean_email, email_key

MULTILINE = frozenset({"street", "consent_text"})
"""Fields in which a line break is no accident."""

# What a spreadsheet takes for the beginning of a formula, also full-width; an export writes one more apostrophe before.
_RISKY = "=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"'*[{_RISKY}]")
_ESCAPED = re.compile(f"'+[{_RISKY}]")
# Nobody sees them, and they hide what a name really says.
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x206A)))
_LINE_BREAK = re.compile(r"\s*[\r\n\u2028\u2029]+\s*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_YES = frozenset({"yes", "true", "1", "y", "ja", "kyllä"})
_NO = frozenset({"no", "false", "0", "n", "nein", "ei"})
# 358401234567 as a spreadsheet shows it: 3.58401E+11.
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E[+-][0-9]+", re.IGNORECASE)
_BETWEEN_ADDRESSES = re.compile(r"[\s,;<>()\"|]+")
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?(?:www\.)?([^/?#:@\s]+)(?::[0-9]+)?(?:[/?#].*)?", re.IGNORECASE)


def suspicious(row: str, *, spreadsheet: bool) -> bool:
    """Whether any cell of a joined row may need `tidied`; most rows do not."""
    return not row.isprintable() or (spreadsheet and ("=" in row or "'" in row))


def escaped(cell: str) -> str:
    """The cell as text, whatever program opens it; `tidied` gives the cell back, so that phone numbers survive."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def tidied(cell: str, field: str, *, spreadsheet: bool) -> str:
    """The cell without an escaping apostrophe, odd spaces and invisible characters.

    Raises CellProblem for a formula and for control characters; line breaks are allowed in the fields of MULTILINE.
    """
    cell = cell.translate(_INVISIBLE).strip()
    if spreadsheet and cell.startswith("="):
        raise CellProblem(_("The cell holds a formula or the error of one."), _("Write the value itself."))
    if spreadsheet and _ESCAPED.match(cell):
        cell = cell[1:]
    if field in MULTILINE:
        cell = _LINE_BREAK.sub("\n" if field == "consent_text" else ", ", cell)
    kept = cell.replace("\n", "") if field == "consent_text" else cell
    if _CONTROL.search(kept):
        raise CellProblem(_("The cell holds a line break, a tab or another control character."), _("Remove it."))
    return "".join(" " if unicodedata.category(char) == "Zs" else char for char in cell).strip()


def text_of(field: str) -> Callable[[str], str]:
    """A reader of plain text for a field, which refuses more than LIMITS allows."""
    limit = LIMITS[field]

    def read(cell: str) -> str:
        if len(cell) > limit:
            raise too_long(limit)
        return cell if cell.isascii() else unicodedata.normalize("NFC", cell)

    return read


def id_of(field: str) -> Callable[[str], str]:
    """A reader of an id at its source, which refuses one that a spreadsheet has rounded: it may be anybody's."""
    text = text_of(field)

    def read(cell: str) -> str:
        if _ROUNDED.fullmatch(cell):
            raise CellProblem(
                _("A spreadsheet has rounded the id, and its last digits are lost."),
                _("Format the column as text, and export the file again."),
            )
        return text(cell)

    return read


def phone(cell: str) -> str:
    """A telephone number as written; LeftOut when a spreadsheet has rounded it."""
    if _ROUNDED.fullmatch(cell):
        raise LeftOut(_("a spreadsheet has rounded the number; format the column as text"))
    return text_of("phone")(cell)


def too_long(limit: int) -> CellProblem:
    """The problem of a value longer than its field."""
    return CellProblem(
        _("The value is longer than %(limit)d characters.") % {"limit": limit}, _("Shorten it, or leave it empty.")
    )


def yes_no(cell: str) -> bool:
    """Yes or no in English, German or Finnish, or 1 and 0."""
    word = cell.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellProblem(_("This is neither yes nor no."), _("Write yes or no, or leave the cell empty."))


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """A reader of one word of a closed list, in any case."""
    known = frozenset(words)
    named = ", ".join(sorted(known))

    def read(cell: str) -> str:
        word = cell.casefold()
        if word not in known:
            raise CellProblem(_("This word is not known."), _("Write one of: %(words)s.") % {"words": named})
        return word

    return read


def address(cell: str) -> dict[str, str]:
    """An e-mail address as `email` and `email_key`; says what to do when the cell holds more than one address."""
    try:
        email, key = clean_email(cell)
    except ValueError:
        if cell.count("@") > 1 and "<" not in cell:
            raise CellProblem(_("The cell holds more than one address."), _("Give each address its own row.")) from None
        if "<" in cell:
            raise CellProblem(_("The cell holds more than the address."), _("Write only the address.")) from None
        raise CellProblem(_("This is not an e-mail address."), _("Write it like anna@example.org.")) from None
    return {"email": email, "email_key": key}


def addresses_in(cell: str) -> tuple[str, ...]:
    """The key of every e-mail address in a cell that may hold several, or a name besides."""
    found: dict[str, None] = {}
    for piece in _BETWEEN_ADDRESSES.split(cell):
        with suppress(ValueError):
            found[clean_email(piece)[1]] = None
    return tuple(found)


def topics(cell: str) -> tuple[str, ...]:
    """Topics of interest between semicolons, each once."""
    return listed(cell.split(";"))


def listed(items: list[str]) -> tuple[str, ...]:
    """The distinct items that are not empty, in their order."""
    found: dict[str, str] = {}
    for item in items:
        if text := " ".join(item.split()):
            found.setdefault(text.casefold(), unicodedata.normalize("NFC", text))
    if any(len(text) > LIMITS["topic"] for text in found.values()):
        raise too_long(LIMITS["topic"])
    if sum(map(len, found.values())) > LIMITS["topics"]:
        raise too_long(LIMITS["topics"])
    return tuple(found.values())


def domain(cell: str) -> str:
    """The host name of an organisation in IDNA's ASCII form, also out of a web address; LeftOut when there is none."""
    found = _HOST.fullmatch(cell)
    try:
        host = email_key(f"host@{found[1]}").rpartition("@")[2] if found else ""
    except ValueError:
        host = ""
    if not host:
        raise LeftOut(_("it is not a domain name such as example.org"))
    if len(host) > LIMITS["organisation_domain"]:
        raise too_long(LIMITS["organisation_domain"])
    return host


def web_address(cell: str) -> str:
    """A web address with http or https; others could run a script where they are shown."""
    if not _WEB_ADDRESS.fullmatch(cell):
        raise CellProblem(_("This is not a web address."), _("Write the whole address with https://."))
    if len(cell) > LIMITS["url"]:
        raise too_long(LIMITS["url"])
    return cell


def profile_address(cell: str) -> str:
    """A web address that may lack its https://; LeftOut when it is none."""
    full = cell if "://" in cell else f"https://{cell}"
    if not _WEB_ADDRESS.fullmatch(full):
        raise LeftOut(_("it is not a web address"))
    return web_address(full)
