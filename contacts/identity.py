"""When two spellings mean the same address, phone, organisation or person.

The e-mail key carries the suppression list: whoever objected stays recognised however an address is written again. So a
spelling either gets the same key or is refused; it never gets a key of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

import email_validator
import phonenumbers
from django.utils.translation import gettext as _
from rapidfuzz import fuzz

from contacts.formats.rows import LIMITS

# Reserved names (.test, .example) never receive mail, but demo data and tests live there. The library documents this
# list as the place to say so.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN_EMAIL = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+[A-Za-z]{{2,63}})")
_LOCAL_LENGTH = 64

# Characters nobody sees and no address needs: soft hyphen, zero-width space, direction marks, variation selectors ...
_INVISIBLE = dict.fromkeys(
    chain(
        (0x00AD, 0x034F, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
        range(0x202A, 0x202F),
        range(0x2060, 0x2070),
        range(0xFE00, 0xFE10),
    )
)
# Full-width and small forms of ASCII, as East Asian keyboards write them, and the ideographic full stops.
_WIDE = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFF01, 0xFF5F), *range(0xFE50, 0xFE6C))
    if unicodedata.normalize("NFKC", chr(code)).isascii()
} | {0x3002: ".", 0xFF61: "."}
_JOINERS = "\u200c\u200d"


def email_key(address: str) -> str:
    """The key an address is matched by (domain.md 9): trimmed, NFC, lower case, the domain in IDNA's ASCII form.

    Dots and plus signs stay: other people may be behind them. Raises ValueError for what is no address.
    """
    return clean_email(address)[1]


def clean_email(text: str) -> tuple[str, str]:
    """The address for display (the local part as the person writes it) and its key.

    Accepted and folded into one key: case, Unicode composition, full-width forms, surrounding or invisible characters,
    the final dot of a domain, both forms of an IDN. Refused with ValueError: what is no address, and local parts with
    other compatibility characters (ligatures, circled letters), because two keys could then look alike.
    """
    text = text.strip()
    plain = _PLAIN_EMAIL.fullmatch(text)
    if plain is None or "--" in text or len(plain[1]) > _LOCAL_LENGTH or len(text) > LIMITS["email"]:
        return _unusual_email(text)
    return f"{plain[1]}@{plain[2].lower()}", text.lower()


def _unusual_email(text: str) -> tuple[str, str]:
    """What the pattern for everyday addresses does not cover, decided by the library."""
    text = text.translate(_INVISIBLE).translate(_WIDE).strip().strip(_JOINERS).strip()
    local, _at, domain = text.rpartition("@")
    local = unicodedata.normalize("NFC", local)
    # A long text is no address; the library's own checks grow with the square of its length.
    if len(text) > LIMITS["email"] or unicodedata.normalize("NFKC", local) != local:
        raise ValueError(_("This is not an e-mail address."))
    try:
        found = email_validator.validate_email(
            f"{local}@{domain.removesuffix('.')}", check_deliverability=False, strict=True
        )
    except email_validator.EmailNotValidError:
        # Its message and its cause quote the address, which must not reach a log.
        raise ValueError(_("This is not an e-mail address.")) from None
    return found.normalized, f"{_lower(local)}@{found.ascii_domain}"


def _lower(local: str) -> str:
    """Lower case that is stable: one Greek sigma, and composed again afterwards."""
    return unicodedata.normalize("NFC", local.lower()).replace("ς", "σ")


_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIALLED = re.compile(r"[+(]?[0-9][0-9 ().\-/\u00a0\u2010-\u2015]*")


def clean_phone(text: str, country: str) -> str:
    """The number in E.164 where it is possible in `country` (ISO alpha-2, or empty), else the trimmed text.

    Text with more than one number in it (an extension, "040 123 / 040 456") stays as written: nothing is lost.
    """
    text = text.strip()
    if _E164.fullmatch(text):
        return text
    return _dialled_phone(text, country)


@lru_cache(maxsize=1024)
def _dialled_phone(text: str, country: str) -> str:
    if not _DIALLED.fullmatch(text) or " /" in text or "/ " in text:
        return text
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_LEGAL_FORMS = frozenset(
    """
    ab abp ag aps as asa bv bvba co corp corporation cv doo ek eg eood ev eurl gbr gesmbh ges gmbh haftungsbeschränkt
    inc incorporated kft kg kgaa ky limited llc llp lp ltd mbb mbh nv nyrt oghg ohg oo ood ooo ou oü oy oyj partg plc
    pte pty sa sarl sarlu sas sasu scs se sia sl slu snc sp spa sprl sro srl tmi uab ug vof z zoo zrt
    """.split()
)
_LEADING_FORMS = frozenset({"ab", "oy", "ooo", "uab"})
_CONNECTIVES = frozenset({"&", "+", "and", "et", "och", "und", "ja"})
_SPACED_FORM = re.compile(r"\b(?:\w )+\w\b")


@lru_cache(maxsize=8192)
def organisation_key(name: str) -> str:
    """The key organisations are matched by: NFKC, case folded, without punctuation and legal form; empty for no name.

    It suggests the same organisation; it is no proof.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = _words(folded)
    while len(words) > 1 and (words[-1] in _LEGAL_FORMS or words[-1] in _CONNECTIVES):
        words.pop()
    while len(words) > 1 and (words[0] in _LEADING_FORMS or words[0] in _CONNECTIVES):
        words.pop(0)
    return (" ".join(words) or " ".join(folded.split()))[: LIMITS["organisation"]].strip()


def _words(folded: str) -> list[str]:
    """The words of a name; "s. a.", "s.a." and "a/s" are one word each."""
    text = re.sub(r"\b(a)/(s|b)\b", r"\1\2", folded)
    text = re.sub(r"[.'’`´]", lambda mark: " " if mark[0] == "." and text[mark.end() :][:1] == " " else "", text)
    text = " ".join(re.sub(r"[^\w&+]|_", " ", text.replace("&", " & ")).split())
    return _SPACED_FORM.sub(_joined_form, text).split()


def _joined_form(found: re.Match[str]) -> str:
    joined = found[0].replace(" ", "")
    return joined if joined in _LEGAL_FORMS else found[0]


_PARTICLES = frozenset("af al am bin da de del della den der di do dos du el la le of ter van von y zu zum zur".split())
_ALIKE = 80
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_STROKES = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def names_clash(first_a: str, last_a: str, first_b: str, last_b: str) -> bool:
    """Whether two names clearly belong to different people; such a row goes to quarantine.

    An empty part never clashes, nor do accents, the order of the parts, initials, short forms of a first name (Max,
    Maximilian), one name of a double name, small typing errors, or another script.
    """
    if (first_a, last_a) == (first_b, last_b) or (_parts_agree(first_a, first_b) and _parts_agree(last_a, last_b)):
        return False
    swapped = first_a and last_a and first_b and last_b
    return not (swapped and _parts_agree(first_a, last_b) and _parts_agree(last_a, first_b))


def _parts_agree(a: str, b: str) -> bool:
    """Whether two spellings of one part of a name have a word in common, or one of them says nothing."""
    words_a, words_b = _name_words(a), _name_words(b)
    if not words_a or not words_b:
        return True
    return any(_words_agree(x, y) for x in words_a for y in words_b)


def _name_words(part: str) -> list[tuple[str, str]]:
    """Each word folded twice: without its accents, and with them written out (müller: muller, mueller)."""
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", part).casefold())
    telling = [word for word in words if word not in _PARTICLES] or words
    return [(_bare(word), _bare(word.translate(_UMLAUTS))) for word in telling]


def name_words(name: str) -> list[str]:
    """The words of a name without accents and particles, for comparing whole names."""
    return [bare for bare, _written_out in _name_words(name)]


def _bare(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.translate(_STROKES))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _words_agree(a: Iterable[str], b: Iterable[str]) -> bool:
    return any(
        x.isascii() != y.isascii() or x.startswith(y) or y.startswith(x) or fuzz.ratio(x, y) >= _ALIKE
        for x in a
        for y in b
    )
