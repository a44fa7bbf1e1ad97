"""Countries and languages, however a system writes them. The unknown stays empty: the strictest law then applies."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_countries import countries

from contacts.formats.problems import LeftOut

_NAME_LANGUAGES = ("en", "de", "fi")
_COUNTRY_ALIASES = {
    "uk": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "grossbritannien": "GB", "united states": "US", "us of america": "US", "america": "US",
    "united states of america": "US", "el": "GR", "czech republic": "CZ", "tschechische republik": "CZ",
    "holland": "NL", "south korea": "KR", "republic of korea": "KR", "russia": "RU", "vietnam": "VN", "taiwan": "TW",
    "turkey": "TR", "macedonia": "MK", "moldova": "MD", "bolivia": "BO", "venezuela": "VE", "tanzania": "TZ",
    "iran": "IR", "syria": "SY", "laos": "LA", "ivory coast": "CI", "usa": "US",
}  # fmt: skip
_ISO_639_1 = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg
    ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn
    no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()
)
_ISO_639_2 = {
    "deu": "de", "ger": "de", "eng": "en", "fin": "fi", "swe": "sv", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it",
    "nld": "nl", "dut": "nl", "dan": "da", "nor": "no", "pol": "pl", "est": "et", "por": "pt",
}  # fmt: skip
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:[-_.@][a-z0-9@._-]*)?")
# A value is quoted only when it can hardly be personal: a few letters, no digits, no @.


def country_code(cell: str) -> str:
    """The ISO alpha-2 code of a country given by code or by its English, German or Finnish name; LeftOut otherwise."""
    code = _countries().get(_folded(cell))
    if code is None:
        raise LeftOut(_("the value is not known"))
    return code


def language_code(cell: str) -> str:
    """The ISO 639-1 code of a language given by code, locale or name (de, de-DE, German, saksa); LeftOut otherwise."""
    tag = _LANGUAGE_TAG.fullmatch(cell.casefold())
    code = _ISO_639_2.get(tag[1], tag[1]) if tag else ""
    if code not in _ISO_639_1:
        code = _languages().get(_folded(re.split(r" *[(\[]| - ", cell, maxsplit=1)[0]), "")
    if not code:
        raise LeftOut(_("the value is not known"))
    return code


def _folded(name: str) -> str:
    """A name without accents, case, dots and article."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(char))
    plain = " ".join(re.sub(r"[^\w]|_", " ", plain.replace(".", "").replace("&", " and ")).split())
    return plain.removeprefix("the ")


@cache
def _countries() -> dict[str, str]:
    known: dict[str, str] = {}
    for language in _NAME_LANGUAGES:
        with override(language):
            known.update({_folded(str(name)): code for code, name in countries})
    for code, _name in countries:
        known[code.casefold()] = code
        known[countries.alpha3(code).casefold()] = code
    return known | _COUNTRY_ALIASES


@cache
def _languages() -> dict[str, str]:
    known: dict[str, str] = {}
    for info in LANG_INFO.values():
        code = info.get("code", "").split("-")[0]
        if code in _ISO_639_1:
            known[_folded(info["name_local"])] = code
            for language in _NAME_LANGUAGES:
                with override(language):
                    known[_folded(_(info["name"]))] = code
    return known
