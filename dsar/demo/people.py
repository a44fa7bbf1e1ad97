"""Invented names, jobs and companies. Every address ends in a domain that is reserved for examples."""

from __future__ import annotations

import re
import unicodedata
from random import Random
from typing import Any, Final

from faker import Faker

from contacts.identity import organisation_key
from dsar.demo.scenes import Role

LOCALES: Final = {"de": "de_DE", "fi": "fi_FI", "en": "en_GB"}
COUNTRIES: Final = {"de": "DE", "fi": "FI", "en": "GB"}
EXAMPLE_DOMAINS: Final = ("example.com", "example.org", "example.net")
INDUSTRIES: Final = ("Manufacturing", "Retail", "Logistics", "Health care", "Public administration", "Energy", "Media")
SIZES: Final = ("10-49", "50-249", "250-999", "1000+")
REVENUES: Final = ("2-10 m EUR", "10-50 m EUR", "50-250 m EUR", "over 250 m EUR")
FUNCTIONS: Final = ("IT", "IT", "Management", "Procurement", "Security")
JOBS: Final = {
    "de": ("Leitung IT", "IT-Administration", "Geschäftsführung", "Einkauf", "Informationssicherheit"),
    "fi": (
        "Tietohallintojohtaja",
        "Järjestelmäasiantuntija",
        "Toimitusjohtaja",
        "Ostopäällikkö",
        "Tietoturvapäällikkö",
    ),
    "en": ("Head of IT", "Systems Administrator", "Managing Director", "Procurement Manager", "Security Manager"),
}
"""Job titles by language, in the order of the functions."""
SALUTATIONS: Final = {"de": ("Frau", "Herr"), "en": ("Ms", "Mr"), "fi": ("", "")}
# Numbers that the regulators keep free for fiction; Finland names none, so its people have no telephone here.
FICTITIOUS_PHONES: Final = {"de": "+4930231250{:02d}", "en": "+4420794600{:02d}"}


class Inventor:
    """Invents people and companies, the same ones for the same seed."""

    def __init__(self, random: Random, seed: int) -> None:
        self.random = random
        self._fakers = {language: Faker(locale) for language, locale in LOCALES.items()}
        for faker in self._fakers.values():
            faker.seed_instance(seed)
        self._taken: set[str] = set()

    def company(self, role: Role) -> dict[str, Any]:
        """The fields of an organisation with a name that no other has."""
        language = self.random.choice(tuple(LOCALES))
        faker = self._fakers[language]
        name = faker.company()
        while not self._is_new(organisation_key(name)):
            name = faker.company()
        return {
            "name": name,
            "name_key": organisation_key(name),
            "domain": self._domain(name),
            "country": COUNTRIES[language],
            "street": " ".join(faker.street_address().split()),
            "postcode": faker.postcode(),
            "city": faker.city(),
            "industry": "Security reseller" if role is Role.PARTNER else self.random.choice(INDUSTRIES),
            "company_size": self.random.choice(SIZES),
            "revenue": self.random.choice(REVENUES),
        }

    def person(self, country: str, domain: str) -> dict[str, Any]:
        """The fields of a contact who works in that country under that mail domain."""
        language = next(language for language, code in COUNTRIES.items() if code == country)
        faker, woman = self._fakers[language], self.random.random() < 0.5
        first = faker.first_name_female() if woman else faker.first_name_male()
        last = faker.last_name()
        job, function = self.random.choice(tuple(zip(JOBS[language], FUNCTIONS, strict=True)))
        phone = FICTITIOUS_PHONES.get(language, "")
        return {
            "email": self._address(first, last, domain),
            "salutation": SALUTATIONS[language][0 if woman else 1],
            "academic_title": "Dr." if language == "de" and self.random.random() < 0.1 else "",
            "first_name": first,
            "last_name": last,
            "job_title": job,
            "job_function": function,
            "phone": phone.format(self.random.randrange(100)) if self.random.random() < 0.7 else "",
            "language": language,
            "country": country,
            "postcode": faker.postcode(),
            "city": faker.city(),
        }

    def _domain(self, name: str) -> str:
        label = _ascii(organisation_key(name)).strip("-")[:40].strip("-") or "company"
        return self._first_free(f"{label}{{}}.{self.random.choice(EXAMPLE_DOMAINS)}")

    def _address(self, first: str, last: str, domain: str) -> str:
        return self._first_free(f"{_ascii(first)}.{_ascii(last)}{{}}@{domain}")

    def _first_free(self, pattern: str) -> str:
        number = 1
        while not self._is_new(text := pattern.format(number if number > 1 else "")):
            number += 1
        return text

    def _is_new(self, text: str) -> bool:
        if text in self._taken:
            return False
        self._taken.add(text)
        return True


_SPELT_OUT: Final = {ord(letter): plain for letter, plain in {"ä": "ae", "ö": "oe", "ü": "ue", "å": "a"}.items()}


def _ascii(text: str) -> str:
    """A name as people put it into an address: "Jörg Groß" is joerg-gross."""
    folded = text.casefold().translate(_SPELT_OUT)
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
